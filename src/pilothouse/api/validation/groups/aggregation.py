"""Rules of APIServices, of the group apiregistration.k8s.io."""

from __future__ import annotations

import base64

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import PORT_RANGE, Findings, Obj, rule

_STATUSES = ("True", "False", "Unknown")


def api_service(obj: Obj) -> Findings:
    """A new or changed APIService."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    group, version = spec.get("group", ""), spec.get("version", "")
    wanted = f"{version}.{group}"
    out: Findings = []
    if name != wanted and not names.path_segment(name):
        out.append(invalid("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{wanted}"'))
    if not group and version != "v1":
        out.append(required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
    out += rule("spec.group", group, names.subdomain) if group else []
    out += rule("spec.version", version, names.label_1035)
    for field, limit in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        value = spec.get(field, 0)
        if not 0 < value <= limit:
            out.append(invalid(f"spec.{field}", value, f"must be positive and less than {limit}"))
    return out + _server_of(spec)


def _server_of(spec: Obj) -> Findings:
    """Whose server an APIService names, and how it is trusted."""
    out: Findings = []
    service, bundle, is_unverified = spec.get("service"), spec.get("caBundle"), spec.get("insecureSkipTLSVerify")
    if service is None:
        if bundle:
            text = f"{len(base64.b64decode(bundle))} bytes"
            out.append(invalid("spec.caBundle", text, "local APIServices may not have a caBundle"))
        if is_unverified:
            out.append(invalid("spec.insecureSkipTLSVerify", True, "local APIServices may not have insecureSkipTLSVerify"))
        return out
    out += [required(f"spec.service.{field}") for field in ("namespace", "name") if not service.get(field)]
    port = service.get("port", 443)
    if not 1 <= port <= 65535:
        out.append(invalid("spec.service.port", port, f"port is not valid: {PORT_RANGE}"))
    if is_unverified and bundle:
        out.append(invalid("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present"))
    return out


def api_service_status(new: Obj, old: Obj) -> Findings:
    """The conditions of an APIService."""
    found = [item.get("status", "") for item in (new.get("status") or {}).get("conditions") or ()]
    path = "status.conditions"
    return [unsupported(f"{path}[{i}].status", value, _STATUSES) for i, value in enumerate(found) if value not in _STATUSES]

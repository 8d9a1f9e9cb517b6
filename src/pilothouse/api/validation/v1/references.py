"""Rules of references from a Pod into itself and into configuration: fields, resources, keys, files.

Environment variables and downward API volumes use them.
"""

from __future__ import annotations

import re

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.quantity import InvalidQuantity, parse_quantity
from pilothouse.api.validation.checks import Findings, Obj, no_backsteps, rule

ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_CONVERTED = frozenset((*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"))
_SUBSCRIPTED = re.compile(r"(.+?)\['(.*)'\]", re.DOTALL)
_RESOURCES = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
)  # fmt: skip
_HUGE = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_KINDS = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "local ephemeral storage"}
_ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"


def environment_name(path: str, name: str) -> Findings:
    """A name of an environment variable, or the beginning of one."""
    if all(" " <= char <= "~" and char != "=" for char in name):
        return []
    return [invalid(path, name, _ENV_TEXT)]


def field_reference(source: Obj, path: str, fields: tuple[str, ...]) -> Findings:
    """A field of the Pod: one of `fields`, or one label or annotation."""
    version, field = source.get("apiVersion", ""), source.get("fieldPath", "")
    if not version:
        return [required(f"{path}.apiVersion")]
    if not field:
        return [required(f"{path}.fieldPath")]
    found = _SUBSCRIPTED.fullmatch(field)
    problem = _conversion(version, field, found[1] if found else "")
    if problem:
        return [invalid(f"{path}.fieldPath", field, f"error converting fieldPath: {problem}")]
    if found:
        return rule(path, found[2].lower() if found[1] == "metadata.annotations" else found[2], names.qualified)
    name = "spec.nodeName" if field == "spec.host" else field
    return [] if name in fields else [unsupported(f"{path}.fieldPath", name, fields)]


def _conversion(version: str, field: str, subscripted: str) -> str:
    if version != "v1":
        return f"unsupported pod version: {version}"
    if subscripted:
        is_map = subscripted in ("metadata.annotations", "metadata.labels")
        return "" if is_map else f"field label does not support subscript: {field}"
    return "" if field in _CONVERTED or field == "spec.host" else f"field label not supported: {field}"


def resource_reference(source: Obj, path: str, *, needs_container: bool = False) -> Findings:
    """A request or limit of a container."""
    name = source.get("resource", "")
    out: Findings = []
    if needs_container and not source.get("containerName"):
        out.append(required(f"{path}.containerName"))
    elif not name:
        out.append(required(f"{path}.resource"))
    elif name not in _RESOURCES and not name.startswith(_HUGE):
        out.append(unsupported(f"{path}.resource", name, _RESOURCES))
    return out + _divisor(name, source.get("divisor"), f"{path}.divisor")


def _divisor(name: str, divisor: str | None, path: str) -> Findings:
    if divisor is None or _is_nothing(divisor):
        return []
    kind = "hugepages" if name.startswith(_HUGE) else _KINDS.get(name.partition(".")[2], "")
    if not kind or (name not in _RESOURCES and kind != "hugepages"):
        return []
    allowed: tuple[str, ...]
    if kind == "cpu":
        allowed, text = ("1m", "1"), "only divisor's values 1m and 1 are supported with the cpu resource"
    else:
        allowed, text = _SIZES, f"only divisor's values {', '.join(_SIZES)} are supported with the {kind} resource"
    return [] if divisor in allowed else [invalid(path, name, text)]


def _is_nothing(text: str) -> bool:
    try:
        return parse_quantity(text) == 0
    except InvalidQuantity:
        return False


def key_reference(source: Obj, path: str) -> Findings:
    """A key of a ConfigMap or Secret."""
    out = rule(f"{path}.name", source.get("name", ""), names.subdomain)
    key = source.get("key", "")
    return out + (rule(f"{path}.key", key, names.config_key) if key else [required(f"{path}.key")])


def file_reference(source: Obj, path: str) -> Findings:
    """A variable in a file of a volume."""
    key, volume, file = (source.get(name, "") for name in ("key", "volumeName", "path"))
    out = environment_name(f"{path}.key", key) if key else [required(f"{path}.key")]
    out += rule(f"{path}.volumeName", volume, names.label) if volume else [required(f"{path}.volumeName")]
    return out + (no_backsteps(f"{path}.path", file) if file else [required(f"{path}.path")])

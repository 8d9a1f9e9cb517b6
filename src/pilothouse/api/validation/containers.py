"""Rules of containers: names, ports, environment, resources, probes, mounts."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, invalid, not_found, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    PROTOCOLS,
    Findings,
    Obj,
    all_non_negative,
    exactly_one,
    non_negative_quantity,
    one_of,
    port_name,
    port_number,
    port_or_name,
    quantity,
    rule,
)

_STANDARD = frozenset(("cpu", "memory", "ephemeral-storage"))
_QUALIFIED = "must be a standard resource type or fully qualified"
_CONTAINER = "must be a standard resource for containers"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_FIELDS = frozenset(
    (
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs", "metadata.annotations", "metadata.labels",
    )
)  # fmt: skip
_ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"


def containers(spec: Obj, path: str, volumes: set[str]) -> Findings:
    """All containers of a Pod spec; `volumes` are the names they may mount."""
    out: Findings = []
    seen: set[str] = set()
    found = spec.get("containers") or []
    if not found:
        out.append(required(f"{path}.containers"))
    for index, container in enumerate(found):
        out += _container(container, f"{path}.containers[{index}]", volumes, seen)
    out += _host_ports(found, f"{path}.containers")
    for index, container in enumerate(spec.get("initContainers") or ()):
        out += _container(container, f"{path}.initContainers[{index}]", volumes, seen)
    return out


def _host_ports(found: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, container in enumerate(found):
        for number, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort", 0)
            key = f"{port.get('protocol', 'TCP')}/{port.get('hostIP', '')}/{host}"
            if host and key in seen:
                out.append(duplicate(f"{path}[{index}].ports[{number}].hostPort", key))
            if host:
                seen.add(key)
    return out


def _container(container: Obj, path: str, volumes: set[str], seen: set[str]) -> Findings:
    out: Findings = []
    name = container.get("name", "")
    if not name:
        out.append(required(f"{path}.name"))
    else:
        out += rule(f"{path}.name", name, names.label)
    if name in seen:
        out.append(duplicate(f"{path}.name", name))
    seen.add(name)
    image = container.get("image", "")
    if not image:
        out.append(required(f"{path}.image"))
    elif image != image.strip():
        out.append(invalid(f"{path}.image", image, "must not have leading or trailing whitespace"))
    policies = ("File", "FallbackToLogsOnError")
    out += one_of(f"{path}.terminationMessagePolicy", container.get("terminationMessagePolicy"), policies)
    out += _ports(container.get("ports") or [], f"{path}.ports")
    out += _environment(container, path)
    out += _mounts(container, path, volumes)
    out += one_of(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), ("Always", "IfNotPresent", "Never"))
    out += _resources(container.get("resources") or {}, f"{path}.resources")
    for probe in _PROBES:
        if container.get(probe) is not None:
            out += _probe(container[probe], f"{path}.{probe}", is_readiness=probe == "readinessProbe")
    lifecycle = container.get("lifecycle") or {}
    for hook in ("postStart", "preStop"):
        if lifecycle.get(hook) is not None:
            out += _handler(lifecycle[hook], f"{path}.lifecycle.{hook}")
    return out + _security(container.get("securityContext"), f"{path}.securityContext")


def _ports(ports: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at = f"{path}[{index}]"
        name = port.get("name", "")
        if name:
            found = port_name(f"{at}.name", name)
            out += found
            if not found and name in seen:
                out.append(duplicate(f"{at}.name", name))
            seen.add(name)
        if not port.get("containerPort"):
            out.append(required(f"{at}.containerPort"))
        else:
            out += port_number(f"{at}.containerPort", port["containerPort"])
        if port.get("hostPort"):
            out += port_number(f"{at}.hostPort", port["hostPort"])
        out += one_of(f"{at}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
    return out


def _environment(container: Obj, path: str) -> Findings:
    out: Findings = []
    for index, env in enumerate(container.get("env") or ()):
        at = f"{path}.env[{index}]"
        name = env.get("name", "")
        if not name:
            out.append(required(f"{at}.name"))
        elif "=" in name or not name.isascii() or not name.isprintable():
            out.append(invalid(f"{at}.name", name, _ENV_TEXT))
        source = env.get("valueFrom")
        if source is not None:
            out += _source(env, source, f"{at}.valueFrom")
    for index, source in enumerate(container.get("envFrom") or ()):
        at = f"{path}.envFrom[{index}]"
        if len([key for key in ("configMapRef", "secretRef") if source.get(key) is not None]) != 1:
            out.append(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"))
    return out


def _source(env: Obj, source: Obj, path: str) -> Findings:
    out: Findings = []
    count = 0
    if source.get("fieldRef") is not None:
        count += 1
        out += _field_path(source["fieldRef"].get("fieldPath", ""), f"{path}.fieldRef.fieldPath")
    if source.get("resourceFieldRef") is not None:
        count += 1
        if not source["resourceFieldRef"].get("resource"):
            out.append(required(f"{path}.resourceFieldRef.resource"))
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if source.get(kind) is not None:
            count += 1
            if not source[kind].get("key"):
                out.append(required(f"{path}.{kind}.key"))
            else:
                out += rule(f"{path}.{kind}.key", source[kind]["key"], names.config_key)
    if env.get("value") and count:
        out.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif count != 1:
        text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        out.append(invalid(path, "", text if not count else "may not have more than one field specified at a time"))
    return out


def _field_path(field: str, path: str) -> Findings:
    if not field:
        return [required(path)]
    if field.partition("[")[0] not in _FIELDS:
        return [invalid(path, field, f"error converting fieldPath: field label not supported: {field}")]
    return []


def _mounts(container: Obj, path: str, volumes: set[str]) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        at = f"{path}.volumeMounts[{index}]"
        name = mount.get("name", "")
        if not name:
            out.append(required(f"{at}.name"))
        elif name not in volumes:
            out.append(not_found(f"{at}.name", name))
        target = mount.get("mountPath", "")
        if not target:
            out.append(required(f"{at}.mountPath"))
        if target in seen:
            out.append(invalid(f"{at}.mountPath", target, "must be unique"))
        seen.add(target)
    return out


def _resources(resources: Obj, path: str) -> Findings:
    out: Findings = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name in sorted(limits):
        out += _resource_name(name, f"{path}.limits[{name}]")
        out += non_negative_quantity(f"{path}.limits[{name}]", limits[name])
    for name in sorted(requests):
        at = f"{path}.requests[{name}]"
        out += _resource_name(name, at)
        out += non_negative_quantity(at, requests[name])
        limit = limits.get(name)
        if limit is None:
            if name not in _STANDARD and not name.startswith("hugepages-") and "/" in name:
                out.append(required(f"{path}.limits", "Limit must be set for non overcommitable resources"))
        elif quantity(requests[name]) > quantity(limit):
            text = f"must be less than or equal to {name} limit of {limit}"
            out.append(invalid(f"{path}.requests", requests[name], text))
    return out


def _resource_name(name: str, path: str) -> Findings:
    out = rule(path, name, names.qualified)
    if out or "/" in name or name in _STANDARD or name.startswith("hugepages-"):
        return out
    return [invalid(path, name, _QUALIFIED), invalid(path, name, _CONTAINER)]


def _probe(probe: Obj, path: str, *, is_readiness: bool) -> Findings:
    out = _handler(probe, path)
    numbers = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    out += all_non_negative(path, probe, *numbers)
    threshold = probe.get("successThreshold", 1)
    if not is_readiness and threshold != 1 and threshold >= 0:
        out.append(invalid(f"{path}.successThreshold", threshold, "must be 1"))
    return out


def _handler(handler: Obj, path: str) -> Findings:
    found = [kind for kind in ("exec", "httpGet", "tcpSocket", "grpc", "sleep") if handler.get(kind) is not None]
    return exactly_one(path, found, handler, "handler", _action)


def _action(kind: str, action: Obj, path: str) -> Findings:
    if kind == "exec":
        return [] if action.get("command") else [required(f"{path}.command")]
    if kind == "httpGet":
        out = [] if action.get("path") else [required(f"{path}.path")]
        out += port_or_name(f"{path}.port", action.get("port", 0))
        return out + one_of(f"{path}.scheme", action.get("scheme"), ("HTTP", "HTTPS"))
    if kind == "tcpSocket":
        return port_or_name(f"{path}.port", action.get("port", 0))
    if kind == "grpc":
        return port_number(f"{path}.port", action.get("port", 0))
    return []


def _security(context: Obj | None, path: str) -> Findings:
    if context is None:
        return []
    out = all_non_negative(path, context, "runAsUser", "runAsGroup")
    mount = context.get("procMount")
    if mount is not None and mount not in ("Default", "Unmasked"):
        out.append(unsupported(f"{path}.procMount", mount, ("Default", "Unmasked")))
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        text = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        out.append(invalid(path, internal_form("SecurityContext", context), text))
    elif context.get("allowPrivilegeEscalation") is False and "SYS_ADMIN" in (
        (context.get("capabilities") or {}).get("add") or ()
    ):
        text = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        out.append(invalid(path, internal_form("SecurityContext", context), text))
    return out

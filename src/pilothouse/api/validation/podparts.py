"""Rules of writes to the ephemeralcontainers and resize subresources of Pods."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required
from pilothouse.api.findings.internalform import internal_diff
from pilothouse.api.validation.checks import Findings, Obj
from pilothouse.api.validation.containers import containers
from pilothouse.api.validation.volumes import volumes

_NOT_EPHEMERAL = (
    "ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "resizePolicy", "restartPolicy",
)  # fmt: skip
_RESIZABLE = ("cpu", "memory")


def validate_pod_subresource(subresource: str, new: Obj, old: Obj) -> Findings:
    """Return what is wrong with a change through `ephemeralcontainers` or `resize`."""
    return _ephemeral_update(new, old) if subresource == "ephemeralcontainers" else _resize(new, old)


def _ephemeral_update(new: Obj, old: Obj) -> Findings:
    path = "spec.ephemeralContainers"
    after, before = new["spec"].get("ephemeralContainers") or [], old["spec"].get("ephemeralContainers") or []
    out = _ephemeral(new["spec"], after, path)
    by_name = {container.get("name"): container for container in after}
    for container in before:
        name = container.get("name")
        if name not in by_name:
            out.append(forbidden(path, f'existing ephemeral containers "{name}" may not be removed\n'))
        elif by_name[name] != container:
            changed = internal_diff("EphemeralContainer", container, by_name[name])
            out.append(forbidden(path, f'existing ephemeral containers "{name}" may not be changed\n{changed}'))
    return out


def _ephemeral(spec: Obj, found: list[Obj], path: str) -> Findings:
    others = [item.get("name") for key in ("containers", "initContainers") for item in spec.get(key) or ()]
    known = set(others)
    out: Findings = []
    for index, container in enumerate(found):
        at, name = f"{path}[{index}]", container.get("name", "")
        if name and name in known:
            out.append(duplicate(f"{at}.name", name))
        known.add(name)
        target = container.get("targetContainerName")
        if target and target not in others:
            out.append(invalid(f"{at}.targetContainerName", target, "not found"))
        for field in _NOT_EPHEMERAL:
            if container.get(field):
                out.append(forbidden(f"{at}.{field}", "cannot be set for an Ephemeral Container"))
        if not name or not container.get("image"):
            out.append(required(f"{at}.{'image' if name else 'name'}"))
    return out


def _resize(new: Obj, old: Obj) -> Findings:
    spec, before = new["spec"], old["spec"]
    _, known = volumes(spec.get("volumes") or [], "spec.volumes")
    out = containers(spec, "spec", known)
    if (new.get("status") or {}).get("qosClass") != _qos(spec):
        out.append(invalid("spec", _qos(spec), "Pod QOS Class may not change as a result of resizing"))
    for index, (container, was) in enumerate(zip(spec.get("containers") or (), before.get("containers") or (), strict=False)):
        out += _resources(container.get("resources") or {}, was.get("resources") or {}, f"spec.containers[{index}].resources")
    return out


def _resources(after: Obj, before: Obj, path: str) -> Findings:
    out: Findings = []
    for part in ("limits", "requests"):
        now, was = after.get(part) or {}, before.get(part) or {}
        for name in sorted(set(now) | set(was)):
            if name in _RESIZABLE and name in was and name not in now:
                out.append(forbidden(f"{path}.{part}", f"resource {part} cannot be removed"))
            elif name not in _RESIZABLE and now.get(name) != was.get(name):
                out.append(forbidden(f"{path}.{part}", "only cpu and memory resources are mutable"))
    return out


def _qos(spec: Obj) -> str:
    from pilothouse.api.defaults.pods import qos_class

    return qos_class(spec)

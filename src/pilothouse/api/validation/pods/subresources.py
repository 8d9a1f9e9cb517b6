"""Rules of writes to the ephemeralcontainers and resize subresources of Pods."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid
from pilothouse.api.findings.internalform import internal_diff
from pilothouse.api.validation.checks import Findings, Obj
from pilothouse.api.validation.pods.annotations import MIRROR, annotation_changes, pod_annotations
from pilothouse.api.validation.pods.spec import any_pod

_RESIZABLE = ("cpu", "memory")
_ONLY = "only cpu and memory resources are mutable"


def validate_pod_subresource(subresource: str, new: Obj, old: Obj) -> Findings:
    """Return what is wrong with a change through `ephemeralcontainers` or `resize`."""
    return _ephemeral(new, old) if subresource == "ephemeralcontainers" else _resize(new, old)


def _ephemeral(new: Obj, old: Obj) -> Findings:
    path, notes, noted = "spec.ephemeralContainers", new["metadata"].get("annotations"), old["metadata"].get("annotations")
    if MIRROR in (noted or {}):
        return [forbidden("[]", "static pods do not support ephemeral containers")]
    out = any_pod(new) + annotation_changes(notes, noted, "metadata.annotations")
    out += pod_annotations(notes, new["spec"], "metadata.annotations")
    after, before = new["spec"].get("ephemeralContainers") or [], old["spec"].get("ephemeralContainers") or []
    by_name = {container.get("name"): container for container in after}
    for container in before:
        name = container.get("name")
        if name not in by_name:
            out.append(forbidden(path, f'existing ephemeral containers "{name}" may not be removed\n'))
        elif by_name[name] != container:
            changed = internal_diff("EphemeralContainer", container, by_name[name])
            out.append(forbidden(path, f'existing ephemeral containers "{name}" may not be changed\n{changed}'))
    return out


def _resize(new: Obj, old: Obj) -> Findings:
    refused = _not_resizable(old)
    if refused:
        return [forbidden("[]", refused)]
    spec, before = new["spec"], old["spec"]
    out = any_pod(new)
    if ((new.get("status") or {}).get("qosClass") or _qos(before)) != _qos(spec):
        out.append(invalid("spec", _qos(before), "Pod QOS Class may not change as a result of resizing"))
    if not _runs_where_resizable(old):
        out.append(forbidden("spec", "Pod running on node without support for resize"))
    for key in ("initContainers", "containers"):
        for index, (item, was) in enumerate(zip(spec.get(key) or (), before.get(key) or (), strict=False)):
            if key == "containers" or was.get("restartPolicy") == "Always":
                out += _removed(item.get("resources") or {}, was.get("resources") or {}, f"spec.{key}[{index}].resources")
    return out + _other_changes(spec, before)


def _not_resizable(old: Obj) -> str:
    if MIRROR in (old["metadata"].get("annotations") or {}):
        return "static pods cannot be resized"
    return "windows pods cannot be resized" if (old["spec"].get("os") or {}).get("name") == "windows" else ""


def _runs_where_resizable(pod: Obj) -> bool:
    """Whether the first running container reports its resources, as nodes do that can change them."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if (status.get("state") or {}).get("running") is not None:
            return status.get("resources") is not None
    return True


def _removed(after: Obj, before: Obj, path: str) -> Findings:
    sides = [side for side in ("requests", "limits") if set(before.get(side) or ()) - set(after.get(side) or ())]
    return [forbidden(f"{path}.{side}", f"resource {side} cannot be removed") for side in sides]


def _other_changes(after: Obj, before: Obj) -> Findings:
    out: Findings = []
    for item, was in zip(after.get("containers") or (), before.get("containers") or (), strict=False):
        if _fixed(item) != _fixed(was):
            out.append(forbidden("spec", _ONLY))
    for index, (item, was) in enumerate(zip(after.get("initContainers") or (), before.get("initContainers") or (), strict=False)):
        if was.get("restartPolicy") != "Always" and item != was:
            out.append(forbidden("spec", "resources for non-sidecar init containers are immutable"))
        elif _fixed(item) != _fixed(was):
            text = "only cpu and memory resources for init or sidecar containers are mutable"
            out.append(forbidden(f"spec.initContainers[{index}]", text))
    return out


def _fixed(container: Obj) -> Obj:
    """Return a container without what a resize may change."""
    resources = container.get("resources") or {}
    kept = {
        side: {name: value for name, value in (resources.get(side) or {}).items() if name not in _RESIZABLE}
        for side in ("requests", "limits")
    }
    return {**container, "resources": kept}


def _qos(spec: Obj) -> str:
    from pilothouse.api.quantity.pods import qos_class

    return qos_class(spec)

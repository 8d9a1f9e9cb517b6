"""Rules of the volumes a container mounts, and of those it uses as block devices."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, not_found, required, unsupported
from pilothouse.api.validation.checks import Findings, Obj, no_backsteps, relative_path

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")
_NOT_BLOCK = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"


def mounts(container: Obj, path: str, volumes: dict[str, Obj]) -> Findings:
    """Mounts, then devices; neither may use what the other does."""
    found, devices = container.get("volumeMounts") or [], container.get("volumeDevices") or []
    used = {device.get("name", ""): device.get("devicePath", "") for device in devices}
    mounted = {mount.get("name", ""): mount.get("mountPath", "") for mount in found}
    out: Findings = []
    seen: set[str] = set()
    for index, mount in enumerate(found):
        at = f"{path}.volumeMounts[{index}]"
        out += _place(mount, at, volumes, used, seen)
        out += _options(mount, f"{path}.volumeMounts", at, container)
    return out + _devices(devices, f"{path}.volumeDevices", volumes, mounted)


def _place(mount: Obj, path: str, volumes: dict[str, Obj], devices: dict[str, str], seen: set[str]) -> Findings:
    name, where = mount.get("name", ""), mount.get("mountPath", "")
    out: Findings = [] if name else [required(f"{path}.name")]
    if name not in volumes:
        out.append(not_found(f"{path}.name", name))
    if not where:
        out.append(required(f"{path}.mountPath"))
    if where in seen:
        out.append(invalid(f"{path}.mountPath", where, "must be unique"))
    seen.add(where)
    if name in devices:
        out.append(invalid(f"{path}.name", name, "must not already exist in volumeDevices"))
    if where in devices.values():
        out.append(invalid(f"{path}.mountPath", where, "must not already exist as a path in volumeDevices"))
    return out


def _options(mount: Obj, path: str, at: str, container: Obj) -> Findings:
    sub, expression, propagation = mount.get("subPath", ""), mount.get("subPathExpr", ""), mount.get("mountPropagation")
    out = relative_path(f"{path}.subPath", sub)
    if sub and expression:
        out.append(invalid(f"{at}.subPathExpr", expression, "subPathExpr and subPath are mutually exclusive"))
    out += relative_path(f"{path}.subPathExpr", expression)
    if propagation is not None and propagation not in _PROPAGATIONS:
        out.append(unsupported(f"{path}.mountPropagation", propagation, _PROPAGATIONS))
    if propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        text = "Bidirectional mount propagation is available only to privileged containers"
        out.append(forbidden(f"{path}.mountPropagation", text))
    return out + _recursive(mount, f"{path}.recursiveReadOnly")


def _recursive(mount: Obj, path: str) -> Findings:
    mode = mount.get("recursiveReadOnly")
    if mode is None or mode == "Disabled":
        return []
    if mode not in _RECURSIVE:
        return [unsupported(path, mode, _RECURSIVE)]
    out: Findings = [] if mount.get("readOnly") else [forbidden(path, "may only be specified when readOnly is true")]
    if mount.get("mountPropagation", "None") != "None":
        out.append(forbidden(path, "may only be specified when mountPropagation is None or not specified"))
    return out


def _devices(found: list[Obj], path: str, volumes: dict[str, Obj], mounted: dict[str, str]) -> Findings:
    out: Findings = []
    names: set[str] = set()
    paths: set[str] = set()
    for index, device in enumerate(found):
        at, name, where = f"{path}[{index}]", device.get("name", ""), device.get("devicePath", "")
        out += _device_name(name, f"{at}.name", volumes, names)
        if not where:
            out.append(required(f"{at}.devicePath"))
        if where in paths:
            out.append(invalid(f"{at}.devicePath", where, "must be unique"))
        if no_backsteps(at, where):
            out.append(invalid(f"{at}.devicePath", where, "can not contain backsteps ('..')"))
        else:
            paths.add(where)
        if name in mounted:
            out.append(invalid(f"{at}.name", name, "must not already exist in volumeMounts"))
        if where in mounted.values():
            out.append(invalid(f"{at}.devicePath", where, "must not already exist as a path in volumeMounts"))
    return out


def _device_name(name: str, path: str, volumes: dict[str, Obj], seen: set[str]) -> Findings:
    out: Findings = [] if name else [required(path)]
    if name in seen:
        out.append(invalid(path, name, "must be unique"))
    volume = volumes.get(name)
    if volume is None:
        out.append(not_found(path, name))
    elif volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
        out.append(invalid(path, name, _NOT_BLOCK))
    if name:
        seen.add(name)
    return out

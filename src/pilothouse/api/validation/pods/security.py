"""Rules of security contexts: users and groups, profiles, kernel parameters."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.api.findings import duplicate, forbidden, invalid, required, too_long, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.validation.checks import Findings, Obj, relative_path
from pilothouse.api.validation.pods.surroundings import Surroundings, every_container
from pilothouse.api.validation.pods.windows import windows_options

_MAX_ID, _ID_TEXT = 2**31 - 1, "must be between 0 and 2147483647, inclusive"
_PROC_MOUNTS = ("Default", "Unmasked")
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_MAX_PROFILE = 4095
_SYSCTL = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_TEXT = f"must have at most 253 characters and match regex ^{_SYSCTL}$"
_NOT_ESCALATED = "cannot set `allowPrivilegeEscalation` to false and "
_POLICIES = {
    "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "supplementalGroupsPolicy": ("Merge", "Strict"),
    "seLinuxChangePolicy": ("MountOption", "Recursive"),
}


def _ids(context: Obj, path: str, *fields: str) -> Findings:
    found = [(field, context.get(field)) for field in fields]
    return [invalid(f"{path}.{field}", value, _ID_TEXT) for field, value in found if not _is_id(value)]


def _is_id(value: Any) -> bool:
    return value is None or 0 <= value <= _MAX_ID


def container_security(context: Obj | None, path: str, pod: Surroundings) -> Findings:
    """The security context of a container."""
    if context is None:
        return []
    out = _ids(context, path, "runAsUser", "runAsGroup")
    mount = context.get("procMount")
    if mount is not None and mount not in _PROC_MOUNTS:
        out.append(unsupported(f"{path}.procMount", mount, _PROC_MOUNTS))
    if mount == "Unmasked" and pod.has_host_users:
        out.append(invalid(f"{path}.procMount", mount, "`hostUsers` must be false to use `Unmasked`"))
    out += _seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        out += _escalations(context, path)
    out += windows_options(context.get("windowsOptions"), f"{path}.windowsOptions")
    return out + _apparmor(context.get("appArmorProfile"), f"{path}.appArmorProfile")


def _escalations(context: Obj, path: str) -> Findings:
    shown = internal_form("SecurityContext", context)
    out: Findings = []
    if context.get("privileged"):
        out.append(invalid(path, shown, f"{_NOT_ESCALATED}`privileged` to true"))
    added = (context.get("capabilities") or {}).get("add") or ()
    text = f"{_NOT_ESCALATED}`capabilities.Add` CAP_SYS_ADMIN"
    return out + [invalid(path, shown, text) for capability in added if capability == "CAP_SYS_ADMIN"]


def pod_security(spec: Obj, path: str) -> Findings:
    """The security context of a Pod."""
    context, at = spec.get("securityContext") or {}, f"{path}.securityContext"
    out = _ids(context, at, "fsGroup", "runAsUser", "runAsGroup")
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        if not _is_id(group):
            out.append(invalid(f"{at}.supplementalGroups[{index}]", group, _ID_TEXT))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        text = "ShareProcessNamespace and HostPID cannot both be enabled"
        out.append(invalid(f"{at}.shareProcessNamespace", True, text))
    out += _sysctls(context.get("sysctls") or [], f"{at}.sysctls", spec)
    out += _policy(context, at, "fsGroupChangePolicy") + _seccomp(context.get("seccompProfile"), f"{at}.seccompProfile")
    out += windows_options(context.get("windowsOptions"), f"{at}.windowsOptions")
    out += _apparmor(context.get("appArmorProfile"), f"{at}.appArmorProfile")
    return out + _policy(context, at, "supplementalGroupsPolicy") + _policy(context, at, "seLinuxChangePolicy")


def _policy(context: Obj, path: str, field: str) -> Findings:
    value = context.get(field)
    return [] if value is None or value in _POLICIES[field] else [unsupported(f"{path}.{field}", value, _POLICIES[field])]


def _sysctls(found: list[Obj], path: str, spec: Obj) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, item in enumerate(found):
        at, name = f"{path}[{index}].name", item.get("name", "")
        if not name:
            out.append(required(at))
        elif len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            out.append(invalid(at, name, _SYSCTL_TEXT))
        elif name in seen:
            out.append(duplicate(at, name))
        seen.add(name)
        shared = _shared_namespace(name)
        if shared and spec.get(shared):
            out.append(invalid(at, name, f"may not be specified when '{shared}' is true"))
    return out


def _shared_namespace(name: str) -> str:
    """Return which field of a Pod shares the namespace of a kernel parameter with the node, empty for none."""
    dotted = name.replace("/", ".")
    if dotted == "kernel.sem" or dotted.startswith(("kernel.shm", "kernel.msg", "fs.mqueue.")):
        return "hostIPC"
    return "hostNetwork" if dotted.startswith("net.") else ""


def _seccomp(profile: Obj | None, path: str) -> Findings:
    if profile is None:
        return []
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    out: Findings = []
    if kind not in _PROFILES:
        text = "type is required when seccompProfile is set"
        out.append(unsupported(f"{path}.type", kind, _PROFILES) if kind else required(f"{path}.type", text))
    at = f"{path}.localhostProfile"
    if kind == "Localhost":
        return out + (relative_path(at, local) if local is not None else [required(at, _needed("seccomp"))])
    if local is not None:
        out.append(invalid(at, internal_form("Profile", profile), "can only be set when seccomp type is Localhost"))
    return out


def _needed(kind: str) -> str:
    return f"must be set when {kind} type is Localhost"


def _apparmor(profile: Obj | None, path: str) -> Findings:
    if profile is None:
        return []
    kind, local, at = profile.get("type", ""), profile.get("localhostProfile"), f"{path}.localhostProfile"
    if kind == "Localhost":
        return _apparmor_local(local, at)
    if kind in _PROFILES:
        return [] if local is None else [invalid(at, local, "can only be set when AppArmor type is Localhost")]
    text = "type is required when appArmorProfile is set"
    return [unsupported(f"{path}.type", kind, _PROFILES) if kind else required(f"{path}.type", text)]


def _apparmor_local(local: str | None, path: str) -> Findings:
    out: Findings = []
    if local is None:
        return [required(path, _needed("AppArmor"))]
    if local != local.strip():
        out.append(invalid(path, local, "must not be padded with whitespace"))
    elif not local:
        out.append(required(path, _needed("AppArmor")))
    if len(local.encode()) > _MAX_PROFILE:
        out.append(too_long(path, _MAX_PROFILE))
    return out


def host_users(spec: Obj, path: str) -> Findings:
    """A Pod with users of its own shares no namespaces of processes with its node and uses no block devices."""
    if spec.get("hostUsers") is not False:
        return []
    text = "when `hostUsers` is false"
    fields = (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC"))
    out: Findings = [forbidden(f"{path}.{shown}", text) for field, shown in fields if spec.get(field)]
    devices = [at for container, at in every_container(spec, path) if container.get("volumeDevices")]
    return out + [forbidden(f"{at}.volumeDevices", text) for at in devices]

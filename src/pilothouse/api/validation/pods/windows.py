"""Rules of Pods for Windows: their options, and what a Pod of one operating system may not set."""

from __future__ import annotations

import re

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, rule
from pilothouse.api.validation.pods.surroundings import every_container

_MAX_SPEC_KIB, _MAX_DOMAIN, _MAX_USER = 64, 256, 104
_NETBIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_BAD_USER = re.compile(r'["/\\:;|=,+*?<>@\[\]]')
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_NOT_WINDOWS = "cannot be set for a windows pod"
_POD_FIELDS = (
    ("", "securityContext.appArmorProfile"), ("", "securityContext.seLinuxOptions"), ("", "hostUsers"), ("?", "hostPID"),
    ("?", "hostIPC"), ("", "securityContext.seccompProfile"), ("", "securityContext.fsGroup"),
    ("", "securityContext.fsGroupChangePolicy"), ("?", "securityContext.sysctls"), ("", "shareProcessNamespace"),
    ("", "securityContext.runAsUser"), ("", "securityContext.runAsGroup"), ("", "securityContext.supplementalGroups"),
    ("", "securityContext.supplementalGroupsPolicy"), ("", "securityContext.seLinuxChangePolicy"),
)  # fmt: skip
"""What a Windows Pod may not set; of those marked ? only what says something."""
_CONTAINER_FIELDS = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
)  # fmt: skip


def windows_options(options: Obj | None, path: str) -> Findings:
    """The options of a security context that only Windows knows."""
    if options is None:
        return []
    out: Findings = []
    name, spec, user = (options.get(field) for field in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"))
    if name is not None:
        out += rule(f"{path}.gmsaCredentialSpecName", name, names.subdomain)
    at = f"{path}.gmsaCredentialSpec"
    if spec == "":
        out.append(invalid(at, spec, "gmsaCredentialSpec cannot be an empty string"))
    elif spec is not None and len(spec.encode()) > _MAX_SPEC_KIB * 1024:
        out.append(invalid(at, spec, f"gmsaCredentialSpec size must be under {_MAX_SPEC_KIB} KiB"))
    problems = [] if user is None else _user_problems(user)
    return out + [invalid(f"{path}.runAsUserName", user, f"runAsUserName{problem}") for problem in problems]


def _user_problems(text: str) -> list[str]:
    if not text:
        return [" cannot be an empty string"]
    if _CONTROL.search(text):
        return [" cannot contain control characters"]
    if text.count("\\") > 1:
        return [" cannot contain more than one backslash"]
    domain, separator, user = text.rpartition("\\")
    has_good_domain = not separator or _NETBIOS.fullmatch(domain) or _DNS.fullmatch(domain)
    checks = (
        (len(domain) >= _MAX_DOMAIN, f"'s Domain length must be under {_MAX_DOMAIN} characters"),
        (not has_good_domain, "'s Domain doesn't match the NetBios nor the DNS format"),
        (not user, "'s User cannot be empty"),
        (len(user) > _MAX_USER, f"'s User length must not be longer than {_MAX_USER} characters"),
        (bool(user) and not user.strip(". "), "'s User cannot contain only periods or spaces"),
        (bool(_BAD_USER.search(user)), "'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"),
    )
    return [text for is_bad, text in checks if is_bad]


def host_processes(spec: Obj, path: str) -> Findings:
    """Containers that are processes of a Windows node: all or none, on the network of the node."""
    of_pod = ((spec.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
    out: Findings = []
    states = []
    for container, at in every_container(spec, path):
        own = ((container.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
        if of_pod is not None and own is not None and own != of_pod:
            text = f"pod hostProcess value must be identical if both are specified, was {str(of_pod).lower()}"
            out.append(invalid(f"{at}.securityContext.windowsOptions.hostProcess", own, text))
        states.append(bool(of_pod if own is None else own))
    if not any(states):
        return out
    if not all(states):
        text = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
        out.append(invalid(path, "", text))
    if not spec.get("hostNetwork"):
        text = "hostNetwork must be true if pod contains any hostProcess containers"
        out.append(invalid(f"{path}.hostNetwork", False, text))
    return out


def operating_system(spec: Obj, path: str) -> Findings:
    """The operating system of a Pod, and what it rules out."""
    os = spec.get("os")
    if os is None:
        return []
    name = os.get("name", "")
    if not name:
        return [required(f"{path}.os.name", "cannot be empty")]
    if name == "linux":
        return _linux(spec, path)
    return _windows(spec, path) if name == "windows" else [unsupported(f"{path}.os", name, ("linux", "windows"))]


def _linux(spec: Obj, path: str) -> Findings:
    contexts = [(spec, path), *every_container(spec, path)]
    found = [at for holder, at in contexts if (holder.get("securityContext") or {}).get("windowsOptions") is not None]
    text = "windows options cannot be set for a linux pod"
    return [forbidden(f"{at}.securityContext.windowsOptions", text) for at in found]


def _windows(spec: Obj, path: str) -> Findings:
    out: Findings = []
    for mark, field in _POD_FIELDS:
        holder, _, name = field.rpartition(".")
        value = (spec.get(holder) or {} if holder else spec).get(name)
        if value if mark else value is not None:
            out.append(forbidden(f"{path}.{field}", _NOT_WINDOWS))
    for container, at in every_container(spec, path):
        context = container.get("securityContext") or {}
        fields = [field for field in _CONTAINER_FIELDS if context.get(field) is not None]
        out += [forbidden(f"{at}.securityContext.{field}", _NOT_WINDOWS) for field in fields]
    return out

"""The checks of the baseline level: what gives a Pod known ways out of its container."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.podsecurity.violations import (
    Check,
    Obj,
    Violation,
    containers,
    context,
    has_own_users,
    named,
    offenders,
    plural,
    quoted,
    setters,
)

_APPARMOR, _SECCOMP = "container.apparmor.security.beta.kubernetes.io/", "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SAFE_PROFILES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = frozenset((
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID",
    "SETPCAP", "SETUID", "SYS_CHROOT",
))  # fmt: skip
_PROBES, _HANDLERS = ("livenessProbe", "readinessProbe", "startupProbe"), ("postStart", "preStop")


def app_armor_profile(spec: Obj, notes: Obj) -> Violation | None:
    """AppArmor profiles are the default of the runtime or one of the node."""
    values: set[str] = set()

    def is_bad(owner: Obj) -> bool:
        profile = context(owner).get("appArmorProfile")
        if profile is None or profile.get("type") in _SAFE_PROFILES:
            return False
        values.add(profile.get("type", ""))
        return True

    parts = [text for text in (setters(is_bad(spec), offenders(spec, is_bad)),) if text]
    annotations = sorted(
        f'{key}="{value}"'
        for key, value in notes.items()
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )
    if annotations:
        parts.append(plural("annotation", annotations))
    if not parts:
        return None
    shown = [*sorted(values), *annotations]
    detail = f"{' and '.join(parts)} must not set AppArmor profile type to {quoted(shown)}"
    return Violation(plural("forbidden AppArmor profile", shown), detail)


def capabilities(spec: Obj, _notes: Obj) -> Violation | None:
    """Containers add no capabilities but the default ones."""
    added: set[str] = set()

    def is_bad(container: Obj) -> bool:
        found = set((context(container).get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        added.update(found)
        return bool(found)

    names = offenders(spec, is_bad)
    if not names:
        return None
    text = f"{named(names)} must not include {quoted(sorted(added))} in securityContext.capabilities.add"
    return Violation("non-default capabilities", text)


def host_namespaces(spec: Obj, _notes: Obj) -> Violation | None:
    """Pods have a network, processes and shared memory of their own."""
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(spec: Obj, _notes: Obj) -> Violation | None:
    """No volume is a directory of the node."""
    names = [volume["name"] for volume in spec.get("volumes") or () if volume.get("hostPath") is not None]
    return Violation("hostPath volumes", named(names, "volume")) if names else None


def host_ports(spec: Obj, _notes: Obj) -> Violation | None:
    """No port of the node is used."""
    ports: set[str] = set()

    def is_bad(container: Obj) -> bool:
        found = {str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")}
        ports.update(found)
        return bool(found)

    names = offenders(spec, is_bad)
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    return Violation("hostPort", f"{named(names)} {verb} {plural('hostPort', ports)} {', '.join(sorted(ports))}")


def host_probes(spec: Obj, _notes: Obj) -> Violation | None:
    """Probes and hooks ask the Pod itself, no other host."""
    hosts: set[str] = set()
    names: set[str] = set()
    for container in containers(spec):
        handlers = [container.get(field) or {} for field in _PROBES]
        handlers += [(container.get("lifecycle") or {}).get(field) or {} for field in _HANDLERS]
        asked = {(handler.get(way) or {}).get("host", "") for handler in handlers for way in ("httpGet", "tcpSocket")} - {""}
        hosts |= asked
        if asked:
            names.add(container["name"])
    if not names:
        return None
    verb, word = "uses" if len(names) == 1 else "use", plural("probe or lifecycle host", hosts)
    return Violation("probe or lifecycle host", f"{named(sorted(names))} {verb} {word} {quoted(sorted(hosts))}")


def privileged(spec: Obj, _notes: Obj) -> Violation | None:
    """No container is privileged."""
    names = offenders(spec, lambda container: bool(context(container).get("privileged")))
    return Violation("privileged", f"{named(names)} must not set securityContext.privileged=true") if names else None


def proc_mount(spec: Obj, _notes: Obj) -> Violation | None:
    """/proc is masked as the runtime does by default."""
    values: set[str] = set()

    def is_bad(container: Obj) -> bool:
        value = context(container).get("procMount", "Default")
        if value != "Default":
            values.add(value)
        return bool(value != "Default")

    names = offenders(spec, is_bad)
    if not names:
        return None
    return Violation("procMount", f"{named(names)} must not set securityContext.procMount to {quoted(sorted(values))}")


def proc_mount_of_own_users(spec: Obj, notes: Obj) -> Violation | None:
    """As `proc_mount`, unless the Pod is in a user namespace."""
    return None if has_own_users(spec) else proc_mount(spec, notes)


def se_linux_options(*extra: str) -> Check:
    """Return the check that SELinux types are those of containers, and user and role are not set."""
    allowed = frozenset(("", "container_t", "container_init_t", "container_kvm_t", *extra))

    def check(spec: Obj, _notes: Obj) -> Violation | None:
        types: set[str] = set()
        denied: set[str] = set()

        def is_bad(owner: Obj) -> bool:
            options = context(owner).get("seLinuxOptions") or {}
            bad_types = {options.get("type", "")} - allowed
            bad_fields = {field for field in ("user", "role") if options.get(field)}
            types.update(bad_types)
            denied.update(bad_fields)
            return bool(bad_types or bad_fields)

        who = setters(is_bad(spec), offenders(spec, is_bad))
        if not who:
            return None
        data = [named(sorted(types), "type")] if types else []
        data += [f"{field} may not be set" for field in ("user", "role") if field in denied]
        return Violation("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}")

    return check


def seccomp_annotations(spec: Obj, notes: Obj) -> Violation | None:
    """Seccomp profiles, as old versions stated them, are the default of the runtime or one of the node."""
    keys = [_SECCOMP_POD, *(_SECCOMP + container["name"] for container in containers(spec))]
    bad = sorted({f'{key}="{notes[key]}"' for key in keys if key in notes and not _is_safe(notes[key])})
    return Violation("seccompProfile", f"forbidden {plural('annotation', bad)} {', '.join(bad)}") if bad else None


def _is_safe(value: str) -> bool:
    return value in ("runtime/default", "docker/default") or value.startswith("localhost/")


def seccomp_profile(spec: Obj, _notes: Obj) -> Violation | None:
    """Seccomp profiles are the default of the runtime or one of the node."""
    values: set[str] = set()

    def is_bad(owner: Obj) -> bool:
        profile = context(owner).get("seccompProfile")
        if profile is None or profile.get("type") in _SAFE_PROFILES:
            return False
        values.add(profile.get("type", ""))
        return True

    who = setters(is_bad(spec), offenders(spec, is_bad))
    if not who:
        return None
    return Violation("seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {quoted(sorted(values))}")


def sysctls(*allowed: str) -> Check:
    """Return the check that only sysctls of the Pod's own namespaces are set."""

    def check(spec: Obj, _notes: Obj) -> Violation | None:
        bad = [item["name"] for item in context(spec).get("sysctls") or () if item["name"] not in allowed]
        return Violation("forbidden sysctls", ", ".join(bad)) if bad else None

    return check


def windows_host_process(spec: Obj, _notes: Obj) -> Violation | None:
    """No container is a process of a Windows node."""

    def is_bad(owner: Obj) -> bool:
        return bool((context(owner).get("windowsOptions") or {}).get("hostProcess"))

    who = setters(is_bad(spec), offenders(spec, is_bad))
    return Violation("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true") if who else None

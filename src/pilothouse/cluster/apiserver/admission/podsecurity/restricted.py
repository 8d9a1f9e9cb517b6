"""The checks of the restricted level: current best practice of hardening Pods."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.podsecurity.baseline import seccomp_profile
from pilothouse.cluster.apiserver.admission.podsecurity.violations import (
    Check,
    Obj,
    Violation,
    context,
    has_own_users,
    is_windows,
    named,
    offenders,
    plural,
    quoted,
    setters,
)

_VOLUMES = frozenset((
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
))  # fmt: skip


def unless_windows(check: Check) -> Check:
    """Return a check that lets Pods of Windows pass."""
    return lambda spec, notes: None if is_windows(spec) else check(spec, notes)


def unless_own_users(check: Check) -> Check:
    """Return a check that lets Pods in a user namespace pass."""
    return lambda spec, notes: None if has_own_users(spec) else check(spec, notes)


def allow_privilege_escalation(spec: Obj, _notes: Obj) -> Violation | None:
    """No process gets more rights than its parent."""
    names = offenders(spec, lambda container: context(container).get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    return Violation(
        "allowPrivilegeEscalation != false", f"{named(names)} must set securityContext.allowPrivilegeEscalation=false"
    )


def capabilities(spec: Obj, _notes: Obj) -> Violation | None:
    """Containers drop every capability and add at most NET_BIND_SERVICE."""
    added: set[str] = set()

    def keeps_some(container: Obj) -> bool:
        return "ALL" not in ((context(container).get("capabilities") or {}).get("drop") or ())

    def adds_others(container: Obj) -> bool:
        found = set((context(container).get("capabilities") or {}).get("add") or ()) - {"NET_BIND_SERVICE"}
        added.update(found)
        return bool(found)

    keeping, adding = offenders(spec, keeps_some), offenders(spec, adds_others)
    details = []
    if keeping:
        details.append(f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        details.append(f"{named(adding)} must not include {quoted(sorted(added))} in securityContext.capabilities.add")
    return Violation("unrestricted capabilities", "; ".join(details)) if details else None


def restricted_volumes(spec: Obj, _notes: Obj) -> Violation | None:
    """Volumes hold configuration, are empty at first, or are claimed."""
    bad = [volume for volume in spec.get("volumes") or () if not _VOLUMES & volume.keys()]
    if not bad:
        return None
    kinds = sorted({next((key for key in volume if key != "name"), "unknown") for volume in bad})
    names = [volume["name"] for volume in bad]
    verb = "uses" if len(names) == 1 else "use"
    text = f"{named(names, 'volume')} {verb} {plural('restricted volume type', kinds)} {quoted(kinds)}"
    return Violation("restricted volume types", text)


def run_as_non_root(spec: Obj, _notes: Obj) -> Violation | None:
    """Containers say that they do not run as root."""
    of_pod = context(spec).get("runAsNonRoot")
    who = setters(of_pod is False, offenders(spec, lambda container: context(container).get("runAsNonRoot") is False))
    if who:
        return Violation("runAsNonRoot != true", f"{who} must not set securityContext.runAsNonRoot=false")
    silent = offenders(spec, lambda container: context(container).get("runAsNonRoot") is None)
    if of_pod or not silent:
        return None
    return Violation("runAsNonRoot != true", f"pod or {named(silent)} must set securityContext.runAsNonRoot=true")


def run_as_user(spec: Obj, _notes: Obj) -> Violation | None:
    """No container is told to run as root."""
    who = setters(context(spec).get("runAsUser") == 0, offenders(spec, lambda owner: context(owner).get("runAsUser") == 0))
    return Violation("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def seccomp_is_set(spec: Obj, notes: Obj) -> Violation | None:
    """Each container has a seccomp profile, its own or that of the Pod."""
    found = seccomp_profile(spec, notes)
    if found is not None or context(spec).get("seccompProfile") is not None:
        return found
    silent = offenders(spec, lambda container: context(container).get("seccompProfile") is None)
    if not silent:
        return None
    choice = '"RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", f"pod or {named(silent)} must set securityContext.seccompProfile.type to {choice}")

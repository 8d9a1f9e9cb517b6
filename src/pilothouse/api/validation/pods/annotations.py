"""Rules of the annotations of Pods that mean something: mirror Pods, the cost of a deletion, profiles of old."""

from __future__ import annotations

import re

from pilothouse.api.findings import forbidden, invalid
from pilothouse.api.validation.checks import Findings, Obj, relative_path
from pilothouse.api.validation.pods.surroundings import every_container

MIRROR = "kubernetes.io/config.mirror"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_INTEGER = re.compile("0|-?[1-9][0-9]*")


def pod_annotations(notes: Obj | None, spec: Obj, path: str) -> Findings:
    """What annotations of a Pod or template may say."""
    notes = notes or {}
    out: Findings = []
    if MIRROR in notes and not spec.get("nodeName"):
        out.append(invalid(f"{path}[{MIRROR}]", notes[MIRROR], "must set spec.nodeName if mirror pod annotation is set"))
    cost = notes.get(_COST)
    if cost is not None and not (_INTEGER.fullmatch(cost) and -(2**31) <= int(cost) < 2**31):
        out.append(invalid(f"{path}[{_COST}]", cost, "must be a 32bit integer"))
    for key in sorted(notes, key=lambda key: (key != _SECCOMP_POD, key)):
        if key == _SECCOMP_POD or key.startswith(_SECCOMP):
            out += _seccomp(notes[key], f"{path}.{key}")
    known = {container.get("name", "") for container, _ in every_container(spec, "")}
    for key in sorted(notes):
        if key.startswith(_APPARMOR):
            out += _apparmor(key, notes[key], path, known)
    return out


def _seccomp(profile: str, path: str) -> Findings:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return []
    if profile.startswith("localhost/"):
        return relative_path(path, profile.removeprefix("localhost/"))
    return [invalid(path, profile, "must be a valid seccomp profile")]


def _apparmor(key: str, profile: str, path: str, known: set[str]) -> Findings:
    name, at = key.removeprefix(_APPARMOR), f"{path}[{key}]"
    out: Findings = [] if name in known else [invalid(at, name, "container not found")]
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith("localhost/"):
        out.append(invalid(at, profile, f'invalid AppArmor profile name: "{profile}"'))
    return out


def matching_profiles(notes: Obj | None, spec: Obj, path: str) -> Findings:
    """Where an annotation of old and a field both name a profile, they agree."""
    notes, context = notes or {}, spec.get("securityContext") or {}
    out: Findings = []
    if context.get("seccompProfile") is not None and _SECCOMP_POD in notes:
        out += _match("seccomp", notes[_SECCOMP_POD], context["seccompProfile"], f"{path}.securityContext.seccompProfile")
    for kind, prefix, field in (("seccomp", _SECCOMP, "seccompProfile"), ("apparmor", _APPARMOR, "appArmorProfile")):
        if kind == "apparmor" and (spec.get("os") or {}).get("name") == "windows":
            continue
        of_pod = context.get(field) if kind == "apparmor" else None
        for container, at in every_container(spec, path):
            profile = (container.get("securityContext") or {}).get(field) or of_pod
            note = notes.get(prefix + container.get("name", ""))
            if profile is not None and note is not None:
                out += _match(kind, note, profile, f"{at}.securityContext.{field}")
    return out


def _match(kind: str, note: str, profile: Obj, path: str) -> Findings:
    stated = profile.get("type", "")
    expected = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default",)}.get(stated, ())
    if kind == "seccomp" and stated == "RuntimeDefault":
        expected = (*expected, "docker/default")
    if (expected and note not in expected) or (stated == "Localhost" and not note.startswith("localhost/")):
        return [forbidden(f"{path}.type", f"{kind} type in annotation and field must match")]
    if stated == "Localhost" and note.removeprefix("localhost/") != profile.get("localhostProfile"):
        return [forbidden(f"{path}.localhostProfile", f"{kind} profile in annotation and field must match")]
    return []


def annotation_changes(after: Obj | None, before: Obj | None, path: str) -> Findings:
    """Profiles of old and the mark of a mirror Pod stay as they are."""
    after, before = after or {}, before or {}
    out: Findings = []
    for verb, keys in (
        ("remove or update", [key for key in sorted(before) if after.get(key) != before[key]]),
        ("add", [key for key in sorted(after) if key not in before]),
    ):
        for key in keys:
            if key.startswith(_APPARMOR):
                out.append(forbidden(f"{path}[{key}]", f"may not {verb} AppArmor annotations"))
            if key == MIRROR:
                out.append(forbidden(f"{path}[{key}]", f"may not {verb} mirror pod annotation"))
    return out

"""Rules of CustomResourceDefinitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.schema import versions
from pilothouse.api.schema.structural import check_structural
from pilothouse.api.validation.admission.webhooks import conversion
from pilothouse.api.validation.checks import Findings, Obj, immutable

_APPROVED = "api-approved.kubernetes.io"
_SCHEMA = "openAPIV3Schema"
_SCOPES = ("Cluster", "Namespaced")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s]+\S*")


def definition(obj: Obj) -> Findings:
    """A new CustomResourceDefinition."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    wanted = f"{spec['names'].get('plural', '')}.{spec.get('group', '')}"
    out: Findings = [] if name == wanted else [invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')]
    return out + _definition(obj) + _approval(obj) + _preserved(spec)


def _definition(obj: Obj) -> Findings:
    spec = obj["spec"]
    group, scope, is_free = spec.get("group", ""), spec.get("scope"), bool(spec.get("preserveUnknownFields"))
    out = _joined("spec.group", group, names.subdomain) if group else [required("spec.group")]
    if group and not out and "." not in group:
        out.append(invalid("spec.group", group, "should be a domain with at least one dot"))
    if not scope:
        out.append(required("spec.scope"))
    elif scope not in _SCOPES:
        out.append(unsupported("spec.scope", scope, _SCOPES))
    found = spec.get("versions") or []
    missing = [index for index, version in enumerate(found) if (version.get("schema") or {}).get(_SCHEMA) is None]
    out += [required(f"spec.versions[{index}].schema.{_SCHEMA}") for index in missing]
    if is_free and _has_default([(version.get("schema") or {}).get(_SCHEMA) for version in found]):
        out.append(invalid("spec.preserveUnknownFields", True, "must be false in order to use defaults in the schema"))
    out += _versions(found) + _names(spec["names"]) + _shared(found)
    strategy = (spec.get("conversion") or {}).get("strategy", "None")
    if is_free and strategy != "None":
        out.append(invalid("spec.conversion.strategy", strategy, "must be None if spec.preserveUnknownFields is true"))
    out += conversion(spec.get("conversion") or {}, "spec.conversion")
    return out + versions.stored_versions((obj.get("status") or {}).get("storedVersions") or [], found)


def _joined(path: str, value: str, check: Callable[[str], list[str]], shown: str = "", prefix: str = "") -> Findings:
    problems = check(value)
    return [invalid(path, shown or value, prefix + ",".join(problems))] if problems else []


def _approval(obj: Obj) -> Findings:
    """Who may define kinds in the groups of the community."""
    group = obj["spec"].get("group", "")
    if not group.endswith((".k8s.io", ".kubernetes.io")) and group not in ("k8s.io", "kubernetes.io"):
        return []
    path, note = f"metadata.annotations[{_APPROVED}]", _approved(obj)
    where = "see https://github.com/kubernetes/enhancements/pull/1111"
    if not note:
        return [required(path, f'protected groups must have approval annotation "{_APPROVED}", {where}')]
    if _approval_state(note) != "invalid":
        return []
    text = (
        f'protected groups must have approval annotation "{_APPROVED}" with either a URL or a reason starting with "unapproved"'
    )
    return [invalid(path, note, f"{text}, {where}")]


def _approval_state(note: str) -> str:
    if not note or note.startswith("unapproved"):
        return "bypassed" if note else "missing"
    return "approved" if _URL.fullmatch(note) else "invalid"


def _preserved(spec: Obj) -> Findings:
    if not spec.get("preserveUnknownFields"):
        return []
    text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
    return [invalid("spec.preserveUnknownFields", True, text)]


def _versions(found: list[Obj]) -> Findings:
    """Each version for itself; what all versions share is not repeated for each."""
    stored = [version for version in found if version.get("storage")]
    shown: list[Any] = [_shown(version) for version in found]
    out: Findings = []
    shared = {field for field in ("schema", *(name for name, _ in _OF_VERSIONS)) if _are_alike(found, field)}
    for index, version in enumerate(found):
        base = f"spec.versions[{index}]"
        out += _joined(f"{base}.name", version.get("name", ""), names.label_1035) + versions.deprecation(version, base)
        raw = (version.get("schema") or {}).get(_SCHEMA)
        if raw is not None and "schema" not in shared:
            out += check_structural(raw, f"{base}.schema.{_SCHEMA}", has_status=_has_status(version))
        for field, check in _OF_VERSIONS:
            if version.get(field) and field not in shared:
                out += check(version, f"{base}.{field}")
    if len({version.get("name") for version in found}) != len(found):
        out.append(invalid("spec.versions", shown, "must contain unique version names"))
    if len(stored) != 1:
        out.append(invalid("spec.versions", shown, "must have exactly one version marked as storage version"))
    return out


def _has_status(version: Obj) -> bool:
    return (version.get("subresources") or {}).get("status") is not None


def _shared(found: list[Obj]) -> Findings:
    """What all versions share is named as the top-level field, as clients know it."""
    if not found:
        return []
    out: Findings = []
    raw = (found[0].get("schema") or {}).get(_SCHEMA)
    if raw is not None and _are_alike(found, "schema"):
        out += check_structural(raw, f"spec.validation.{_SCHEMA}", has_status=any(map(_has_status, found)))
    for field, check in _OF_VERSIONS:
        if found[0].get(field) and _are_alike(found, field):
            out += check(found[0], f"spec.{field}")
    return out


def _shown(version: Obj) -> Obj:
    return {
        "Name": version.get("name"), "Served": version.get("served", False), "Storage": version.get("storage", False),
        "Deprecated": version.get("deprecated", False), "DeprecationWarning": version.get("deprecationWarning"), "Schema": None,
        "Subresources": version.get("subresources"), "AdditionalPrinterColumns": version.get("additionalPrinterColumns"),
        "SelectableFields": version.get("selectableFields"),
    }  # fmt: skip


def _names(found: Obj) -> Findings:
    fields = ("plural", "singular", "kind", "listKind")
    out: Findings = [required(f"spec.names.{field}") for field in fields if not found.get(field)]
    for field in fields:
        value, is_kind = found.get(field, ""), field in ("kind", "listKind")
        prefix = "may have mixed case, but should otherwise match: " if is_kind else ""
        if value:
            out += _joined(f"spec.names.{field}", value.lower() if is_kind else value, names.label_1035, value, prefix)
    for index, short in enumerate(found.get("shortNames") or ()):
        out += _joined(f"spec.names.shortNames[{index}]", short, names.label_1035)
    if found.get("kind") and found.get("kind") == found.get("listKind"):
        out.append(invalid("spec.names.listKind", found["listKind"], "kind and listKind may not be the same"))
    for index, category in enumerate(found.get("categories") or ()):
        out += _joined(f"spec.names.categories[{index}]", category, names.label_1035)
    return out


def _are_alike(found: list[Obj], field: str) -> bool:
    return all(version.get(field) == found[0].get(field) for version in found)


def _selectable(version: Obj, path: str) -> Findings:
    raw = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    return versions.selectable(version["selectableFields"], raw, path)


_OF_VERSIONS: tuple[tuple[str, Callable[[Obj, str], Findings]], ...] = (
    ("subresources", lambda version, path: versions.subresources(version["subresources"], path)),
    ("additionalPrinterColumns", lambda version, path: versions.columns(version["additionalPrinterColumns"], path)),
    ("selectableFields", _selectable),
)


def _has_default(value: Any) -> bool:
    if isinstance(value, dict):
        return "default" in value or any(_has_default(item) for item in value.values())
    return isinstance(value, list) and any(_has_default(item) for item in value)


def definition_update(new: Obj, old: Obj) -> Findings:
    """What of a definition may not change."""
    spec, before = new["spec"], old["spec"]
    found = _definition(new)
    stored = [finding for finding in found if finding.path.startswith("status.")]
    frozen: Findings = []
    if _is_established(old):
        frozen += immutable("spec.scope", spec.get("scope"), before.get("scope"))
        frozen += immutable("spec.names.kind", spec["names"].get("kind"), before["names"].get("kind"))
    frozen += immutable("spec.group", spec.get("group"), before.get("group"))
    frozen += immutable("spec.names.plural", spec["names"].get("plural"), before["names"].get("plural"))
    out = [finding for finding in found if finding not in stored] + frozen + stored
    if _approval_state(_approved(new)) != _approval_state(_approved(old)):
        out += _approval(new)
    return out if before.get("preserveUnknownFields") else out + _preserved(spec)


def _approved(obj: Obj) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(_APPROVED) or "")


def _is_established(obj: Obj) -> bool:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == "Established" and item.get("status") == "True" for item in conditions)


def definition_warnings(obj: Obj) -> list[str]:
    """Return what a writer of a definition should know: formats that are not checked."""
    found: set[str] = set()
    for version in obj["spec"].get("versions") or ():
        found |= versions.unknown_formats((version.get("schema") or {}).get("openAPIV3Schema"))
    return [f'unrecognized format "{form}"' for form in sorted(found)]

"""Rules of CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.schema import versions
from pilothouse.api.schema.structural import check_structural
from pilothouse.api.validation.admission.webhooks import conversion
from pilothouse.api.validation.checks import Findings, Obj, immutable, rule

_APPROVED = "api-approved.kubernetes.io"


def definition(obj: Obj) -> Findings:
    """A new CustomResourceDefinition."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    out: Findings = []
    wanted = f"{spec['names'].get('plural', '')}.{spec.get('group', '')}"
    if name != wanted:
        out.append(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    group = spec.get("group", "")
    if not group:
        out.append(required("spec.group"))
    else:
        out += rule("spec.group", group, names.subdomain)
        if "." not in group:
            out.append(invalid("spec.group", group, "should be a domain with at least one dot"))
    if not spec.get("scope"):
        out.append(required("spec.scope"))
    elif spec["scope"] not in ("Cluster", "Namespaced"):
        out.append(unsupported("spec.scope", spec["scope"], ("Cluster", "Namespaced")))
    out += _versions(spec)
    out += _names(spec["names"])
    out += _schemas(spec)
    out += conversion(spec.get("conversion") or {}, "spec.conversion")
    stored = (obj.get("status") or {}).get("storedVersions") or []
    out += versions.stored_versions(stored, spec.get("versions") or [])
    return out + _approval(obj, group)


def _approval(obj: Obj, group: str) -> Findings:
    protected = group.endswith((".k8s.io", ".kubernetes.io")) or group in ("k8s.io", "kubernetes.io")
    if not protected or (obj["metadata"].get("annotations") or {}).get(_APPROVED):
        return []
    text = (
        f'protected groups must have approval annotation "{_APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111'
    )
    return [required(f"metadata.annotations[{_APPROVED}]", text)]


def _versions(spec: Obj) -> Findings:
    found = spec.get("versions") or []
    stored = [version for version in found if version.get("storage")]
    shown: list[Any] = [_shown(version) for version in found]
    out: Findings = []
    for index, version in enumerate(found):
        out += rule(f"spec.versions[{index}].name", version.get("name", ""), names.label_1035)
    if len({version.get("name") for version in found}) != len(found):
        out.append(invalid("spec.versions", shown, "must contain unique version names"))
    if len(stored) != 1:
        out.append(invalid("spec.versions", shown, "must have exactly one version marked as storage version"))
    return out


def _shown(version: Obj) -> Obj:
    return {
        "Name": version.get("name"), "Served": version.get("served", False), "Storage": version.get("storage", False),
        "Deprecated": version.get("deprecated", False), "DeprecationWarning": version.get("deprecationWarning"), "Schema": None,
        "Subresources": version.get("subresources"), "AdditionalPrinterColumns": version.get("additionalPrinterColumns"),
        "SelectableFields": version.get("selectableFields"),
    }  # fmt: skip


def _names(found: Obj) -> Findings:
    out: Findings = []
    for field in ("plural", "singular", "kind", "listKind"):
        path, value = f"spec.names.{field}", found.get(field, "")
        if not value:
            out.append(required(path))
            continue
        is_kind = field in ("kind", "listKind")
        problems = names.label_1035(value.lower() if is_kind else value)
        prefix = "may have mixed case, but should otherwise match: " if is_kind else ""
        out += [invalid(path, value, prefix + problem) for problem in problems]
    for index, short in enumerate(found.get("shortNames") or ()):
        out += rule(f"spec.names.shortNames[{index}]", short, names.label_1035)
    for index, category in enumerate(found.get("categories") or ()):
        out += rule(f"spec.names.categories[{index}]", category, names.label_1035)
    if found.get("kind") and found.get("kind") == found.get("listKind"):
        out.append(invalid("spec.names.listKind", found["listKind"], "kind and listKind may not be the same"))
    return out


def _schemas(spec: Obj) -> Findings:
    """Check what each version states; what all versions share is named as the top-level field, as clients know it."""
    found = spec.get("versions") or []
    out: Findings = []
    for index, version in enumerate(found):
        base = f"spec.versions[{index}]"
        out += versions.deprecation(version, base)
        raw = (version.get("schema") or {}).get("openAPIV3Schema")
        if raw is None:
            out.append(required(f"{base}.schema.openAPIV3Schema", "schemas are required"))
        if not (index and _are_alike(found, "schema")) and raw is not None:
            where = "spec.validation" if _are_alike(found, "schema") else f"{base}.schema"
            out += check_structural(raw, f"{where}.openAPIV3Schema")
        for field, check in _OF_VERSIONS:
            alike = _are_alike(found, field)
            if version.get(field) and not (index and alike):
                out += check(version, f"{'spec' if alike else base}.{field}")
    return out + _preserve(spec)


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


def _preserve(spec: Obj) -> Findings:
    out: Findings = []
    if spec.get("preserveUnknownFields"):
        path = "spec.preserveUnknownFields"
        if _has_default([(version.get("schema") or {}).get("openAPIV3Schema") for version in spec.get("versions") or ()]):
            out.append(invalid(path, True, "must be false in order to use defaults in the schema"))
        text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        out.append(invalid(path, True, text))
    return out


def _has_default(value: Any) -> bool:
    if isinstance(value, dict):
        return "default" in value or any(_has_default(item) for item in value.values())
    return isinstance(value, list) and any(_has_default(item) for item in value)


def definition_update(new: Obj, old: Obj) -> Findings:
    """What of a definition may not change."""
    out = [finding for finding in definition(new) if finding.path != "metadata.name"]
    if _approved(new) == _approved(old):
        out = [finding for finding in out if finding.path != f"metadata.annotations[{_APPROVED}]"]
    spec, before = new["spec"], old["spec"]
    if _is_established(old):
        out += immutable("spec.scope", spec.get("scope"), before.get("scope"))
        out += immutable("spec.names.kind", spec["names"].get("kind"), before["names"].get("kind"))
    out += immutable("spec.group", spec.get("group"), before.get("group"))
    return out + immutable("spec.names.plural", spec["names"].get("plural"), before["names"].get("plural"))


def _approved(obj: Obj) -> bool:
    return bool((obj["metadata"].get("annotations") or {}).get(_APPROVED))


def _is_established(obj: Obj) -> bool:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == "Established" and item.get("status") == "True" for item in conditions)


def definition_warnings(obj: Obj) -> list[str]:
    """Return what a writer of a definition should know: formats that are not checked."""
    found: set[str] = set()
    for version in obj["spec"].get("versions") or ():
        found |= versions.unknown_formats((version.get("schema") or {}).get("openAPIV3Schema"))
    return [f'unrecognized format "{form}"' for form in sorted(found)]

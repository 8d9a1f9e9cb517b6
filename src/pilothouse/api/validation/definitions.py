"""Rules of CustomResourceDefinitions."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.schema.structural import check_structural
from pilothouse.api.validation.checks import Findings, Obj, immutable, rule

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
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
    if not (obj.get("status") or {}).get("storedVersions"):
        out.append(invalid("status.storedVersions", None, "must have at least one stored version"))
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
    versions = spec.get("versions") or []
    stored = [version for version in versions if version.get("storage")]
    out: Findings = []
    for index, version in enumerate(versions):
        out += rule(f"spec.versions[{index}].name", version.get("name", ""), names.label_1035)
    if len(stored) != 1:
        shown: list[Any] = [_shown(version) for version in versions]
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
    if found.get("kind") and found.get("kind") == found.get("listKind"):
        out.append(invalid("spec.names.listKind", found["listKind"], "kind and listKind may not be the same"))
    return out


def _schemas(spec: Obj) -> Findings:
    """Check the schemas; one that all versions share is named as the top-level one, as clients know it."""
    versions = spec.get("versions") or []
    out: Findings = []
    single = len(versions) == 1
    for index, version in enumerate(versions):
        base = f"spec.versions[{index}]"
        raw = (version.get("schema") or {}).get("openAPIV3Schema")
        if raw is None:
            out.append(required(f"{base}.schema.openAPIV3Schema", "schemas are required"))
        else:
            where = "spec.validation.openAPIV3Schema" if single else f"{base}.schema.openAPIV3Schema"
            out += check_structural(raw, where)
        at = "spec" if single else base
        out += _columns(version.get("additionalPrinterColumns") or [], f"{at}.additionalPrinterColumns")
        out += _selectable(version.get("selectableFields") or [], raw or {}, f"{at}.selectableFields")
    if spec.get("preserveUnknownFields"):
        path = "spec.preserveUnknownFields"
        if _has_default([(version.get("schema") or {}).get("openAPIV3Schema") for version in versions]):
            out.append(invalid(path, True, "must be false in order to use defaults in the schema"))
        text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        out.append(invalid(path, True, text))
    return out


def _has_default(value: Any) -> bool:
    if isinstance(value, dict):
        return "default" in value or any(_has_default(item) for item in value.values())
    return isinstance(value, list) and any(_has_default(item) for item in value)


def _columns(columns: list[Obj], path: str) -> Findings:
    out: Findings = []
    for index, column in enumerate(columns):
        at = f"{path}[{index}]"
        if not column.get("name"):
            out.append(required(f"{at}.name"))
        kind = column.get("type", "")
        if not kind:
            out.append(required(f"{at}.type", f"must be one of {','.join(_COLUMN_TYPES)}"))
        elif kind not in _COLUMN_TYPES:
            out.append(invalid(f"{at}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}"))
        text = column.get("jsonPath", "")
        if not text:
            out.append(required(f"{at}.JSONPath"))
        elif not text.startswith("."):
            out.append(invalid(f"{at}.JSONPath", text, "must be a simple json path starting with ."))
    return out


def _selectable(fields: list[Obj], raw: Obj, path: str) -> Findings:
    out: Findings = []
    for index, field in enumerate(fields):
        text = field.get("jsonPath", "")
        node: Any = raw
        for part in text.lstrip(".").split("."):
            node = ((node or {}).get("properties") or {}).get(part)
        if not isinstance(node, dict):
            out.append(invalid(f"{path}[{index}].jsonPath", text, "is an invalid path: does not refer to a valid field"))
    return out


def definition_update(new: Obj, old: Obj) -> Findings:
    """What of a definition may not change."""
    out = definition(new)
    is_established = any(
        item.get("type") == "Established" and item.get("status") == "True"
        for item in (old.get("status") or {}).get("conditions") or ()
    )
    if new["spec"].get("group") != old["spec"].get("group"):
        return immutable("spec.group", new["spec"].get("group"), old["spec"].get("group"))
    if is_established:
        out += immutable("spec.scope", new["spec"].get("scope"), old["spec"].get("scope"))
        for field in ("kind", "plural"):
            out += immutable(f"spec.names.{field}", new["spec"]["names"].get(field), old["spec"]["names"].get(field))
    return out

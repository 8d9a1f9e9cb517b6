"""What belongs to one version of a custom resource besides its schema: columns, selectable fields, subresources, deprecation.

Called by the rules of CustomResourceDefinitions. Source: CustomResourceDefinition validation of Kubernetes.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from pilothouse.api.findings import FieldError, duplicate, invalid, required, too_many
from pilothouse.api.schema.fieldpaths import BadPath, follow
from pilothouse.api.schema.formats import is_known

Raw = dict[str, Any]
Findings = list[FieldError]
_TYPES = ("boolean", "date", "integer", "number", "string")
_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_SELECTABLE = ("string", "boolean", "integer")
MAX_SELECTABLE, MAX_WARNING = 8, 256


def columns(found: list[Raw], path: str) -> Findings:
    """Check printer columns."""
    out: Findings = []
    for index, column in enumerate(found):
        at = f"{path}[{index}]"
        if not column.get("name"):
            out.append(required(f"{at}.name"))
        kind, form = column.get("type", ""), column.get("format", "")
        if not kind:
            out.append(required(f"{at}.type", f"must be one of {','.join(_TYPES)}"))
        elif kind not in _TYPES:
            out.append(invalid(f"{at}.type", kind, f"must be one of {','.join(_TYPES)}"))
        if form and form not in _FORMATS:
            out.append(invalid(f"{at}.format", form, f"must be one of {','.join(_FORMATS)}"))
        out += _simple_path(column.get("jsonPath", ""), f"{at}.JSONPath")
    return out


def _simple_path(text: str, path: str) -> Findings:
    if not text:
        return [required(path)]
    return [] if text.startswith(".") else [invalid(path, text, "must be a simple json path starting with .")]


def selectable(found: list[Raw], raw: Raw, path: str) -> Findings:
    """Check fields that selectors may use."""
    out: Findings = []
    seen: set[str] = set()
    for index, field in enumerate(found):
        text, at = field.get("jsonPath", ""), f"{path}[{index}].jsonPath"
        if not text:
            out.append(required(at))
            continue
        try:
            shown, schema = follow(text, raw, brackets=False)
        except BadPath as error:
            out.append(invalid(at, text, f"is an invalid path: {error}"))
            continue
        out += _selectable(shown, schema, text, at)
        if shown in seen:
            out.append(duplicate(at, text))
        seen.add(shown)
    if len(seen) > MAX_SELECTABLE:
        out.append(too_many(path, len(seen), MAX_SELECTABLE))
    return out


def _selectable(shown: str, schema: Raw, text: str, at: str) -> Findings:
    out: Findings = []
    if shown.partition(".")[0] == "metadata":
        out.append(invalid(at, text, "must not point to fields in metadata"))
    if schema.get("type") not in _SELECTABLE:
        why = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
        out.append(invalid(at, text, why))
    return out


def subresources(found: Raw, path: str) -> Findings:
    """Check the paths of the scale subresource."""
    scale = found.get("scale")
    if scale is None:
        return []
    out: Findings = []
    for field, start in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
        text, at = scale.get(field, ""), f"{path}.scale.{field}"
        out += _simple_path(text, at)
        if text.startswith(".") and not text.startswith(start):
            out.append(invalid(at, text, f"should be a json path under {start[:-1]}"))
    text, at = scale.get("labelSelectorPath", ""), f"{path}.scale.labelSelectorPath"
    if text and not text.startswith("."):
        out += _simple_path(text, at)
    elif text and not text.startswith((".spec.", ".status.")):
        out.append(invalid(at, text, "should be a json path under either .spec or .status"))
    return out


def deprecation(version: Raw, path: str) -> Findings:
    """Check the warning of a deprecated version."""
    text, at = version.get("deprecationWarning"), f"{path}.deprecationWarning"
    if text is None:
        return []
    if not version.get("deprecated"):
        return [invalid(at, text, "can only be set for deprecated versions")]
    out: Findings = []
    if len(text) > MAX_WARNING:
        out.append(invalid(at, text, f"must be <= {MAX_WARNING} characters long"))
    if not text:
        out.append(invalid(at, text, "must not be an empty string"))
    bad = next((index for index, char in enumerate(text) if unicodedata.category(char)[0] in "CZ" and char != " "), -1)
    if bad >= 0:
        why = f"must only contain printable UTF-8 characters; non-printable character found at index {bad}"
        out.append(invalid(at, text, why))
    return out


def stored_versions(stored: list[str], versions: list[Raw]) -> Findings:
    """Check that no version is given up that objects may still be stored at."""
    path = "status.storedVersions"
    if not stored:
        return [invalid(path, None, "must have at least one stored version")]
    names = [version.get("name") for version in versions]
    missing = [version["name"] for version in versions if version.get("storage") and version["name"] not in stored]
    out = [invalid(path, stored, f"must have the storage version {name}") for name in missing]
    for index, name in enumerate(stored):
        if name not in names:
            why = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a "
                f"storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
            )
            out.append(invalid(f"{path}[{index}]", name, why))
    return out


def unknown_formats(raw: Any) -> set[str]:
    """Return the formats of texts in a schema that nobody knows, which are therefore not checked."""
    if not isinstance(raw, dict):
        return set()
    form = raw.get("format", "")
    out = {form} if form and raw.get("type") == "string" and not is_known(form) else set()
    for child in (raw.get("items"), raw.get("additionalProperties"), raw.get("not"), *(raw.get("properties") or {}).values()):
        out |= unknown_formats(child)
    for name in ("allOf", "anyOf", "oneOf"):
        for child in raw.get(name) or ():
            out |= unknown_formats(child)
    return out

"""What makes a schema structural: every field has a type, and value validations add no structure."""

from __future__ import annotations

from typing import Any

import re2

from pilothouse.api.findings import FieldError, forbidden, invalid, required
from pilothouse.api.schema.values import QUIET

Raw = dict[str, Any]
Findings = list[FieldError]
ROOT, ITEM, FIELD = "at the root", "for specified array items", "for specified object fields"
_EMBEDDED, _FREE = "x-kubernetes-embedded-resource", "x-kubernetes-preserve-unknown-fields"
_EITHER = "x-kubernetes-int-or-string"
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
# What a value validation may not say, and how it must be instead.
_FORBIDDEN = (
    ("type", "empty"), ("additionalProperties", "undefined"), ("default", "undefined"), ("title", "empty"),
    ("description", "empty"), ("nullable", "false"), (_FREE, "false"), (_EMBEDDED, "false"), (_EITHER, "false"),
    ("x-kubernetes-list-map-keys", "empty"), ("x-kubernetes-list-type", "undefined"), ("x-kubernetes-map-type", "undefined"),
)  # fmt: skip


def check_invariants(raw: Raw, path: str, level: str) -> Findings:
    """Return what keeps a schema node, and all below it, from being structural."""
    items, extra = raw.get("items"), raw.get("additionalProperties")
    out: Findings = []
    if raw.get("type") == "array" and not isinstance(items, dict):
        out.append(required(f"{path}.items", "must be specified"))
    if isinstance(items, dict):
        out += check_invariants(items, f"{path}.items", ITEM)
    for name, child in (raw.get("properties") or {}).items():
        out += check_invariants(child, f"{path}.properties[{name}]", FIELD)
    if extra is not None and level == ROOT:
        out.append(forbidden(f"{path}.additionalProperties", "must not be used at the root"))
    if isinstance(extra, dict):
        out += check_invariants(extra, f"{path}.additionalProperties", FIELD)
    if raw.get(_EITHER):
        text = f"must be false if {_EITHER} is true"
        out += [invalid(f"{path}.{name}", True, text) for name in (_FREE, _EMBEDDED) if raw.get(name)]
    parts = raw.get("allOf") or []
    out += _values(raw, path, is_either=_is_either(raw), is_first_either=bool(parts) and _is_either(parts[0]))
    return out + _type(raw, path, level) + _meta(raw, path, level)


def _type(raw: Raw, path: str, level: str) -> Findings:
    kind, is_embedded = raw.get("type", ""), bool(raw.get(_EMBEDDED))
    out: Findings = []
    if is_embedded and kind != "object":
        text = f"must be object if {_EMBEDDED} is true"
        out.append(invalid(f"{path}.type", kind, text) if kind else required(f"{path}.type", text))
    elif not kind and not raw.get(_EITHER) and not raw.get(_FREE):
        out.append(required(f"{path}.type", f"must not be empty {level}"))
    if is_embedded and raw.get("additionalProperties") is not None:
        out.append(forbidden(f"{path}.additionalProperties", f"must not be used if {_EMBEDDED} is set"))
    if level == ROOT and kind and kind != "object":
        out.append(invalid(f"{path}.type", kind, "must be object at the root"))
    if is_embedded and not raw.get(_FREE) and not raw.get("properties"):
        text = f"must not be empty if {_EMBEDDED} is true without {_FREE}"
        out.append(required(f"{path}.properties", text))
    return out


def _meta(raw: Raw, path: str, level: str) -> Findings:
    """What a resource says of itself has fixed types, and of its metadata only the name can be restricted."""
    is_resource = level == ROOT or bool(raw.get(_EMBEDDED))
    properties = raw.get("properties") or {}
    out: Findings = []
    for name, kind, text in (("kind", "string", "must be string"), ("apiVersion", "string", "must be string"),
                             ("metadata", "object", "must be object")):  # fmt: skip
        if is_resource and name in properties and properties[name].get("type", "") != kind:
            out.append(invalid(f"{path}.properties[{name}].type", properties[name].get("type", ""), text))
    if level == ROOT and "metadata" in properties and not _restricts_names(properties["metadata"]):
        text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        out.append(forbidden(f"{path}.properties[metadata]", text))
    return out


def _restricts_names(meta: Raw) -> bool:
    stated = {name for name, value in meta.items() if value not in (None, "", [], {}, False)} - {"type", "default"}
    return stated <= {"properties"} and set(meta.get("properties") or {}) <= {"name", "generateName"}


def _is_either(raw: Raw) -> bool:
    return raw.get("anyOf") == _INT_OR_STRING


def _values(raw: Raw, path: str, *, is_either: bool = False, is_first_either: bool = False) -> Findings:
    out: Findings = []
    for index, part in enumerate([] if is_either else raw.get("anyOf") or ()):
        out += _nested(part, f"{path}.anyOf[{index}]")
    for index, part in enumerate(raw.get("allOf") or ()):
        out += _nested(part, f"{path}.allOf[{index}]", has_rules=True, is_either=is_first_either and not index)
    for index, part in enumerate(raw.get("oneOf") or ()):
        out += _nested(part, f"{path}.oneOf[{index}]")
    if raw.get("not") is not None:
        out += _nested(raw["not"], f"{path}.not")
    return out + _pattern(raw.get("pattern"), f"{path}.pattern")


def _nested(raw: Raw, path: str, *, has_rules: bool = False, is_either: bool = False) -> Findings:
    out = _values(raw, path, is_either=is_either)
    if isinstance(raw.get("items"), dict):
        out += _nested(raw["items"], f"{path}.items", has_rules=has_rules)
    for name, child in (raw.get("properties") or {}).items():
        out += _nested(child, f"{path}.properties[{name}]", has_rules=has_rules)
    for name, wanted in _FORBIDDEN:
        if raw.get(name) not in (None, "", [], False):
            out.append(forbidden(f"{path}.{name}", f"must be {wanted} to be structural"))
    if raw.get("x-kubernetes-validations") and not has_rules:
        out.append(forbidden(f"{path}.x-kubernetes-validations", "must be empty to be structural"))
    if "metadata" in (raw.get("properties") or {}):
        out.append(forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context"))
    return out


def _pattern(pattern: str | None, path: str) -> Findings:
    if not pattern:
        return []
    try:
        re2.compile(pattern, QUIET)
    except re2.error as error:
        text = str(error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0])
        found = text.replace("missing ): " + pattern, "missing closing )").replace(": " + pattern, "")
        why = f"must be a valid regular expression, but isn't: error parsing regexp: {found}: `{pattern}`"
        return [invalid(path, pattern, why)]
    return []

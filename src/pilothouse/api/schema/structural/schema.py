"""The stages that a schema of a definition goes through."""

from __future__ import annotations

import orjson

from pilothouse.api.findings import forbidden
from pilothouse.api.schema.structural.completeness import check_completeness
from pilothouse.api.schema.structural.defaults import check_defaults
from pilothouse.api.schema.structural.invariants import ROOT, Findings, Raw, check_invariants
from pilothouse.api.schema.structural.root import check_root_of_status
from pilothouse.api.schema.structural.standard import check_standard

MAX_DEPTH = 100
_NOT_CONVERTED = ("$ref", "definitions", "dependencies", "id", "patternProperties", "additionalItems")
_PARTS = ("allOf", "anyOf", "oneOf")


def check_structural(raw: Raw, path: str, *, has_status: bool = False) -> Findings:
    """Return what keeps a schema from being one of a definition; `has_status` of one with a status subresource."""
    if _depth(raw) > MAX_DEPTH:
        return [forbidden(path, f"the schema is nested more than {MAX_DEPTH} levels deep")]
    out = check_root_of_status(raw, path) if has_status else []
    if raw.get("nullable"):
        out.append(forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    is_sound = False
    if not _is_foreign(raw):
        found = check_invariants(raw, path, ROOT) + check_completeness(raw, raw, path, path)
        found.sort(key=lambda error: f"{error.path}: {error.text()}")
        found = found or check_defaults(raw, path)
        is_sound = not found
        out += found
    out += check_standard(raw, path)
    return out if out or not is_sound else _expressions(raw, path)


def children(raw: Raw) -> list[Raw]:
    """Return the schemas one level below."""
    found = [raw.get("items"), raw.get("additionalProperties"), raw.get("not"), *(raw.get("properties") or {}).values()]
    found += [part for name in _PARTS for part in raw.get(name) or ()]
    return [child for child in found if isinstance(child, dict)]


def _depth(raw: Raw) -> int:
    depth, level = 0, [raw]
    while level and depth <= MAX_DEPTH:
        depth, level = depth + 1, [child for node in level for child in children(node)]
    return depth


def _is_foreign(raw: Raw) -> bool:
    """Whether a schema says what no structural schema can be made of; the standard refuses that."""
    own = any(raw.get(name) not in (None, "", {}) for name in _NOT_CONVERTED) or isinstance(raw.get("items"), list)
    return own or raw.get("x-kubernetes-preserve-unknown-fields") is False or any(map(_is_foreign, children(raw)))


def _expressions(raw: Raw, path: str) -> Findings:
    """Compile the rules of a schema that is fine otherwise; the language is loaded only when there are rules."""
    if b"x-kubernetes-validations" not in orjson.dumps(raw):
        return []
    from pilothouse.api.schema.expressions import base_environment
    from pilothouse.api.schema.rules.checks import check_expressions

    return check_expressions(raw, path, base_environment())

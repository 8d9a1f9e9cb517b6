"""What value validations speak of must be there in the structure around them."""

from __future__ import annotations

from pilothouse.api.findings import required
from pilothouse.api.schema.structural.invariants import Findings, Raw

_PARTS = ("not", "allOf", "anyOf", "oneOf")


def check_completeness(values: Raw, structure: Raw, path: str, said_at: str) -> Findings:
    """Return what the parts of a validation at `said_at` name that the structure at `path` does not have."""
    out: Findings = []
    for name in _PARTS:
        found = values.get(name)
        for index, part in enumerate(found if isinstance(found, list) else [found] if found is not None else []):
            where = f"{said_at}.{name}" if name == "not" else f"{said_at}.{name}[{index}]"
            out += _nested(part, structure, path, where)
    return out


def _nested(part: Raw, structure: Raw, path: str, said_at: str) -> Findings:
    out = check_completeness(part, structure, path, said_at)
    items = part.get("items")
    if isinstance(items, dict):
        out += _below(items, structure.get("items"), f"{path}.items", f"{said_at}.items")
    known = structure.get("properties") or {}
    for name, child in (part.get("properties") or {}).items():
        key = f"properties[{name}]"
        out += _below(child, known.get(name), f"{path}.{key}", f"{said_at}.{key}")
    return out


def _below(part: Raw, structure: Raw | None, path: str, said_at: str) -> Findings:
    if not isinstance(structure, dict):
        return [required(path, f"because it is defined in {said_at}")]
    return _nested(part, structure, path, said_at)

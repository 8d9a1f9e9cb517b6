"""An object as the reference server holds it in memory, which is how its messages show rejected values.

Validation calls `internal_form` for the value of a finding and `internal_diff` for what a change did.
"""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from typing import Any

import msgspec

from pilothouse.api.findings.internaltypes import STRUCTS

_FIELD = re.compile(r"(?P<name>\w+)(?P<mark>[!#?*]?)(?::(?P<type>\w+))?(?:=(?P<public>\^?\w+))?")
_ABSENT: dict[str, Any] = {"": "", "!": False, "#": 0, "?": None, "*": []}
_META = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "labels",
    "annotations",
)  # fmt: skip


class _Field(msgspec.Struct, frozen=True):
    name: str
    public: str
    """Its name in the API; one of the object around it where it starts with ^."""
    absent: Any
    holds: str


@cache
def _fields(kind: str) -> tuple[_Field, ...]:
    out: list[_Field] = []
    for word in STRUCTS[kind].split():
        if word == "@ObjectMeta":
            out.append(_Field("", "", None, "ObjectMeta"))
        elif word.startswith("@"):
            out += _fields(word[1:])
        else:
            found = _FIELD.fullmatch(word)
            assert found is not None, word
            public = found["public"] or public_name(found["name"])
            out.append(_Field(found["name"], public, _ABSENT[found["mark"]], found["type"] or ""))
    return tuple(out)


def public_name(name: str) -> str:
    """Return the API's name of a Go field: its first word in lower case, of an abbreviation all but the next word's start."""
    upper = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    count = upper if upper in (1, len(name)) else upper - 1
    return name[:count].lower() + name[count:]


def internal_form(kind: str, value: Any, parent: dict[str, Any] | None = None) -> Any:
    """Return `value`, of a type of the table, with the names, order and zero values of the in-memory type.

    `parent` is the object that holds `value`: a few fields lie one level higher in the API.
    """
    if value is None:
        return None
    if isinstance(value, list):
        return [internal_form(kind, item, parent) for item in value]
    out: dict[str, Any] = {}
    for field in _fields(kind):
        if field.holds == "ObjectMeta":
            meta = value.get("metadata") or {}
            out |= {key: meta[key] for key in _META if meta.get(key)}
            continue
        source, name = (parent or {}, field.public[1:]) if field.public[0] == "^" else (value, field.public)
        found = source.get(name)
        if found is None:
            is_nested = field.holds and field.absent == ""
            out[field.name] = internal_form(field.holds, {}, value) if is_nested else field.absent
        elif field.holds:
            out[field.name] = internal_form(field.holds, found, value)
        else:
            out[field.name] = dict(sorted(found.items())) if isinstance(found, dict) else found
    return out


def internal_diff(kind: str, old: Any, new: Any) -> str:
    """Return what changed between two values of a type, as a unified diff of their indented in-memory forms."""
    before, after = _lines(internal_form(kind, old)), _lines(internal_form(kind, new))
    changed = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "".join(f"{line}\n" for line in changed)


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=1, ensure_ascii=False).splitlines()

"""Validation of custom objects against their structural schema, worded like the reference server.

Patterns are matched by RE2, in time linear to the text. Rules in CEL (`x-kubernetes-validations`) are applied by `rules`.
"""

from __future__ import annotations

from typing import Any

import orjson
import re2

from pilothouse.api.findings import (
    FieldError,
    duplicate,
    go_float,
    invalid,
    required,
    too_long,
    too_many,
    type_invalid,
    unsupported,
)
from pilothouse.api.schema.formats import matches_format
from pilothouse.api.schema.node import Schema

Raw = dict[str, Any]
_NOWHERE = "<nil>"
QUIET = re2.Options()
QUIET.log_errors = False


def validate_value(schema: Schema, value: Any, path: str) -> list[FieldError]:
    """Return what is wrong with a value."""
    return _check(schema.raw, value, path)


def validate_object(schema: Schema, tree: Raw, old: Raw | None = None) -> list[FieldError]:
    """Return what is wrong with a custom object, besides its metadata.

    With `old`, parts that did not change are not refused (ratcheting).
    """
    out: list[FieldError] = []
    raw = schema.raw
    properties = raw.get("properties") or {}
    for name in raw.get("required") or ():
        if tree.get(name) is None:
            out.append(required(name))
    for name in sorted(tree):
        child = properties.get(name)
        if child is None or name in ("metadata", "apiVersion", "kind"):
            continue
        if old is not None and name in old and old[name] == tree[name]:
            continue
        before = old.get(name) if old is not None else None
        found = _check(child, tree[name], name)
        if before is not None:
            known = {(error.path, error.reason, error.detail) for error in _unchanged(child, tree[name], before, name)}
            found = [error for error in found if (error.path, error.reason, error.detail) not in known]
        out += found
    out += _metadata_rules(raw.get("x-metadata") or {}, tree.get("metadata") or {})
    return out


def _unchanged(raw: Raw, value: Any, before: Any, path: str) -> list[FieldError]:
    """Return the findings of parts that are as they were."""
    if value == before:
        return _check(raw, value, path)
    out: list[FieldError] = []
    if isinstance(value, dict) and isinstance(before, dict):
        properties, additional = raw.get("properties") or {}, raw.get("additionalProperties")
        for key, item in value.items():
            child = properties.get(key) or (additional if isinstance(additional, dict) else None)
            if child is not None and key in before:
                out += _unchanged(child, item, before[key], f"{path}.{key}")
    elif isinstance(value, list) and isinstance(before, list):
        out += _unchanged_entries(raw, value, before, path)
    return out


def _unchanged_entries(raw: Raw, value: list[Any], before: list[Any], path: str) -> list[FieldError]:
    """Return the findings of entries of a keyed list that are as they were, wherever they are now."""
    keys, items = raw.get("x-kubernetes-list-map-keys"), raw.get("items")
    if not keys or not isinstance(items, dict):
        return []
    known = {_entry_key(keys, item): item for item in before if isinstance(item, dict)}
    out: list[FieldError] = []
    for index, item in enumerate(value):
        if isinstance(item, dict) and _entry_key(keys, item) in known:
            out += _unchanged(items, item, known[_entry_key(keys, item)], f"{path}[{index}]")
    return out


def _entry_key(keys: list[str], item: Raw) -> tuple[str, ...]:
    return tuple(str(item.get(key)) for key in keys)


def _metadata_rules(raw: Raw, meta: Raw) -> list[FieldError]:
    properties = raw.get("properties") or {}
    return [error for name in ("name", "generateName") if name in properties and name in meta
            for error in _check(properties[name], meta[name], f"metadata.{name}")]  # fmt: skip


def json_type(value: Any) -> str:
    """Return the JSON type of a value as messages name it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "null"


def _check(raw: Raw, value: Any, path: str) -> list[FieldError]:
    if value is None:
        if raw.get("nullable"):
            return []
        kind = _types(raw)
        return [type_invalid(path, "null", f'{path} in body must be of type {kind}: "null"')] if kind else []
    wrong = _type_problem(raw, value, path)
    if wrong:
        return wrong
    out: list[FieldError] = []
    if isinstance(value, str):
        out += _text(raw, value, path)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, (int, float)):
        out += _number(raw, value, path)
    elif isinstance(value, list):
        out += _list(raw, value, path)
    elif isinstance(value, dict):
        out += _object(raw, value, path)
    allowed = raw.get("enum")
    if allowed is not None and value not in allowed:
        out.append(unsupported(path, value, [item if isinstance(item, str) else orjson.dumps(item).decode() for item in allowed]))
    return out + _junctors(raw, value, path)


def _types(raw: Raw) -> str:
    if raw.get("x-kubernetes-int-or-string"):
        return "integer,string"
    kind: str = raw.get("type", "")
    return kind


def _type_problem(raw: Raw, value: Any, path: str) -> list[FieldError]:
    wanted, found = _types(raw), json_type(value)
    if not wanted or found in wanted.split(","):
        return []
    if wanted == "number" and found == "integer":
        return []
    if wanted == "integer" and isinstance(value, float) and value.is_integer():
        return []
    shown = [type_invalid(path, found, f'{path} in body must be of type {wanted}: "{found}"')]
    if wanted == "integer" and found == "number":
        shown.append(invalid(_NOWHERE, "", f"Checked value must be of type integer (default format) in {path}"))
    return shown


def _text(raw: Raw, value: str, path: str) -> list[FieldError]:
    out: list[FieldError] = []
    least, most, pattern = raw.get("minLength"), raw.get("maxLength"), raw.get("pattern")
    if most is not None and len(value) > most:
        out.append(too_long(path, most))
    if least is not None and len(value) < least:
        out.append(invalid(path, value, f"{path} in body should be at least {least} chars long"))
    if pattern:
        try:
            if re2.compile(pattern, QUIET).search(value) is None:
                out.append(invalid(path, value, f"{path} in body should match '{pattern}'"))
        except re2.error:
            out.append(invalid(path, value, f"{path} in body cannot be matched: the pattern is not valid"))
    form = raw.get("format", "")
    if form and not matches_format(form, value):
        out.append(type_invalid(path, value, f'{path} in body must be of type {form}: "{value}"'))
    return out


def _number(raw: Raw, value: float, path: str) -> list[FieldError]:
    out: list[FieldError] = []
    least, most, step = raw.get("minimum"), raw.get("maximum"), raw.get("multipleOf")
    if raw.get("format") == "int32" and not -(2**31) <= value < 2**31:
        return [invalid(_NOWHERE, "", f"Checked value must be of type integer with format int32 in {path}")]
    if step and value % step:
        out.append(invalid(path, value, f"{path} in body should be a multiple of {go_float(step)}"))
    for limit, name, words, side in ((most, "Maximum", "less", 1), (least, "Minimum", "greater", -1)):
        if limit is None:
            continue
        # Whole numbers are compared with the whole part of a limit, and shown so.
        bound = int(limit) if isinstance(value, int) else limit
        strict = raw.get(f"exclusive{name}")
        if value * side > bound * side or (strict and value == bound):
            shown = bound if isinstance(bound, int) else go_float(bound)
            text = f"{words} than" if strict else f"{words} than or equal to"
            out.append(invalid(path, value, f"{path} in body should be {text} {shown}"))
    return out


def _list(raw: Raw, value: list[Any], path: str) -> list[FieldError]:
    out: list[FieldError] = []
    least, most, items = raw.get("minItems"), raw.get("maxItems"), raw.get("items")
    if least is not None and len(value) < least:
        out.append(invalid(path, len(value), f"{path} in body should have at least {least} items"))
    if most is not None and len(value) > most:
        out.append(too_many(path, len(value), most))
    if isinstance(items, dict):
        for index, item in enumerate(value):
            out += _check(items, item, f"{path}[{index}]")
    return out + _list_type(raw, value, path)


def _list_type(raw: Raw, value: list[Any], path: str) -> list[FieldError]:
    kind = raw.get("x-kubernetes-list-type")
    if kind not in ("set", "map"):
        return []
    out: list[FieldError] = []
    seen: set[bytes] = set()
    keys = raw.get("x-kubernetes-list-map-keys") or ()
    for index, item in enumerate(value):
        shown = item if kind == "set" else {key: item.get(key) for key in keys if key in item} if isinstance(item, dict) else item
        mark = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)
        if mark in seen:
            out.append(duplicate(f"{path}[{index}]", shown))
        seen.add(mark)
    return out


def _object(raw: Raw, value: Raw, path: str) -> list[FieldError]:
    out: list[FieldError] = []
    least, most = raw.get("minProperties"), raw.get("maxProperties")
    if least is not None and len(value) < least:
        out.append(invalid(path, len(value), f"{path} in body should have at least {least} properties"))
    if most is not None and len(value) > most:
        out.append(too_many(path, len(value), most))
    out += [required(f"{path}.{name}") for name in raw.get("required") or () if name not in value]
    if raw.get("x-kubernetes-embedded-resource"):
        out += [required(f"{path}.{name}") for name in ("apiVersion", "kind") if not value.get(name)]
    properties, additional = raw.get("properties") or {}, raw.get("additionalProperties")
    for key in sorted(value):
        child = properties.get(key)
        if child is None and isinstance(additional, dict):
            child = additional
        if child is not None:
            out += _check(child, value[key], f"{path}.{key}")
    return out


def _junctors(raw: Raw, value: Any, path: str) -> list[FieldError]:
    out: list[FieldError] = []
    if raw.get("not") is not None and not _check(raw["not"], value, path):
        out.append(invalid(_NOWHERE, "", f'"{path}" must not validate the schema (not)'))
    if raw.get("oneOf"):
        out += _one_of(raw["oneOf"], value, path)
    if raw.get("anyOf"):
        results: list[list[FieldError]] = [_check(part, value, path) for part in raw["anyOf"]]
        if all(results):
            out.append(invalid(_NOWHERE, "", f'"{path}" must validate at least one schema (anyOf)'))
            out += _nearest(raw["anyOf"], results, value)
    if raw.get("allOf"):
        results = [_check(part, value, path) for part in raw["allOf"]]
        for found in results:
            out += found
        bad = sum(1 for found in results if found)
        if bad:
            tail = ". None validated" if bad == len(results) else ""
            out.append(invalid(_NOWHERE, "", f'"{path}" must validate all the schemas (allOf){tail}'))
    return out


def _one_of(parts: list[Raw], value: Any, path: str) -> list[FieldError]:
    results = [_check(part, value, path) for part in parts]
    valid = sum(1 for found in results if not found)
    if valid == 1:
        return []
    text = f'"{path}" must validate one and only one schema (oneOf). '
    if valid:
        return [invalid(_NOWHERE, "", f"{text}Found {valid} valid alternatives")]
    return [invalid(_NOWHERE, "", f"{text}Found none valid"), *_nearest(parts, results, value)]


def _nearest(parts: list[Raw], results: list[list[FieldError]], value: Any) -> list[FieldError]:
    """Return the findings of the alternative that says most about a value; of several, the first."""
    weights = [_weight(part, value) for part in parts]
    return results[weights.index(max(weights))]


def _weight(raw: Raw, value: Any) -> int:
    """Return how many schemas apply to a value and what is in it."""
    properties, additional, items = raw.get("properties") or {}, raw.get("additionalProperties"), raw.get("items")
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = [(properties.get(key, additional), item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(items, item) for item in value]
    return 1 + sum(_weight(child, item) for child, item in pairs if isinstance(child, dict))

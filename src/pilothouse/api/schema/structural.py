"""The rules of the schema itself in a CustomResourceDefinition: it must be structural.

Source: structural schemas of Kubernetes (KEP-1152): every field has a type, value validations add no structure, defaults fit.
"""

from __future__ import annotations

from typing import Any

import orjson
import re2

from pilothouse.api.findings import FieldError, forbidden, invalid, required, unsupported
from pilothouse.api.schema.custom import prune
from pilothouse.api.schema.node import Definitions, Schema
from pilothouse.api.schema.rules.nested import has_rules
from pilothouse.api.schema.values import QUIET, validate_value

Raw = dict[str, Any]
Findings = list[FieldError]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("$ref", "definitions", "dependencies", "id", "patternProperties", "additionalItems")
_STRUCTURE = ("type", "default", "additionalProperties", "nullable", "x-kubernetes-preserve-unknown-fields", "title",
              "description",
              "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string")  # fmt: skip
_LIST_TYPES = ("atomic", "set", "map")
_JUNCTORS = ("allOf", "anyOf", "oneOf")
MAX_DEPTH = 100


def check_structural(raw: Raw, path: str) -> Findings:
    """Return what keeps a schema from being structural."""
    out: Findings = []
    kind = raw.get("type", "")
    if not kind:
        out.append(required(f"{path}.type", "must not be empty at the root"))
    elif kind != "object":
        out.append(invalid(f"{path}.type", kind, "must be object at the root"))
    if raw.get("nullable"):
        out.append(forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    meta = (raw.get("properties") or {}).get("metadata")
    if meta is not None and not _is_name_only(meta):
        out.append(_metadata(path))
    out += _node(raw, path, is_root=True, depth=0)
    return out or _expressions(raw, path)


def _shapes(raw: Raw, path: str) -> Findings:
    # the language is loaded only when there are rules
    from pilothouse.api.schema.rules.checks import check_nested_shapes, check_shapes

    return check_shapes(raw, path) + check_nested_shapes(raw, path)


def _expressions(raw: Raw, path: str) -> Findings:
    """Compile the rules of a schema that is fine otherwise; the language is loaded only when there are rules."""
    if b"x-kubernetes-validations" not in orjson.dumps(raw):
        return []
    from pilothouse.api.schema.expressions import base_environment
    from pilothouse.api.schema.rules.checks import check_expressions

    return check_expressions(raw, path, base_environment())


def _is_name_only(meta: Raw) -> bool:
    return set(meta) <= {"type", "properties", "description"} and set(meta.get("properties") or {}) <= {"name", "generateName"}


def _metadata(path: str) -> FieldError:
    text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
    return forbidden(f"{path}.properties[metadata]", text)


def _node(raw: Raw, path: str, *, is_root: bool, depth: int) -> Findings:
    if depth > MAX_DEPTH:
        return [forbidden(path, f"the schema is nested more than {MAX_DEPTH} levels deep")]
    out: Findings = [
        forbidden(f"{path}.{name}", f"{name} is not supported") for name in _UNSUPPORTED if raw.get(name) is not None
    ]
    out += _type(raw, path, is_root=is_root)
    out += _extensions(raw, path)
    out += _limits(raw, path)
    for name in _JUNCTORS:
        for index, part in enumerate(raw.get(name) or ()):
            out += _validation(part, f"{path}.{name}[{index}]", depth + 1)
    if raw.get("not") is not None:
        out += _validation(raw["not"], f"{path}.not", depth + 1)
    if raw.get("x-kubernetes-validations") or any(map(has_rules, raw.get("allOf") or ())):
        out += _shapes(raw, path)
    if "default" in raw:
        out += _default(raw, path)
    for name in sorted(raw.get("properties") or {}):
        out += _node(raw["properties"][name], f"{path}.properties[{name}]", is_root=False, depth=depth + 1)
    if isinstance(raw.get("items"), dict):
        out += _node(raw["items"], f"{path}.items", is_root=False, depth=depth + 1)
    if isinstance(raw.get("additionalProperties"), dict):
        out += _node(raw["additionalProperties"], f"{path}.additionalProperties", is_root=False, depth=depth + 1)
    return out


def _type(raw: Raw, path: str, *, is_root: bool) -> Findings:
    kind = raw.get("type", "")
    if kind and kind not in _TYPES:
        text = "type cannot be set to null, use nullable as an alternative"
        null = [forbidden(f"{path}.type", text)] if kind == "null" else []
        return [unsupported(f"{path}.type", kind, _TYPES), *null]
    free = raw.get("x-kubernetes-int-or-string") or raw.get("x-kubernetes-preserve-unknown-fields") or raw.get("$ref")
    if not kind and not is_root and not free:
        where = "must not be empty for specified object fields"
        if path.endswith(".items"):
            where = "must not be empty for specified array items"
        return [required(f"{path}.type", where)]
    out: Findings = []
    if kind == "array" and not raw.get("items"):
        out.append(required(f"{path}.items", "must be specified"))
    if raw.get("properties") and isinstance(raw.get("additionalProperties"), dict):
        text = "additionalProperties and properties are mutual exclusive"
        out.append(forbidden(f"{path}.additionalProperties", text))
    return out


def _extensions(raw: Raw, path: str) -> Findings:
    out: Findings = []
    if raw.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        out.append(forbidden(f"{path}.uniqueItems", text))
    if raw.get("x-kubernetes-embedded-resource") and not raw.get("properties"):
        text = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        if not raw.get("x-kubernetes-preserve-unknown-fields"):
            out.append(required(f"{path}.properties", text))
    if raw.get("x-kubernetes-preserve-unknown-fields") is False:
        out.append(invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined"))
    map_type = raw.get("x-kubernetes-map-type")
    if map_type is not None and raw.get("type") != "object":
        out += _wrong_type(raw, path, "must be object if x-kubernetes-map-type is specified")
    if map_type is not None and map_type not in ("atomic", "granular"):
        out.append(unsupported(f"{path}.x-kubernetes-map-type", map_type, ("atomic", "granular")))
    return out + _list_rules(raw, path)


def _list_rules(raw: Raw, path: str) -> Findings:
    kind, keys = raw.get("x-kubernetes-list-type"), raw.get("x-kubernetes-list-map-keys") or []
    at, items = f"{path}.x-kubernetes-list-type", raw.get("items")
    out: Findings = []
    if kind is not None and raw.get("type") != "array":
        out += _wrong_type(raw, path, "must be array if x-kubernetes-list-type is specified")
    elif kind == "set" and isinstance(items, dict):
        out += _set_items(items, path)
    if kind is not None and kind not in _LIST_TYPES:
        out.append(unsupported(at, kind, _LIST_TYPES))
    if keys and kind != "map":
        text = "must be map if x-kubernetes-list-map-keys is non-empty"
        out.append(required(at, text) if kind is None else invalid(at, kind, text))
    if kind == "map":
        out += _map_list(items, keys, path)
    if kind in ("set", "map") and isinstance(items, dict) and items.get("nullable"):
        out.append(forbidden(f"{path}.items.nullable", f"cannot be nullable when x-kubernetes-list-type is {kind}"))
    return out + (_map_keys(items, keys, path) if kind == "map" and isinstance(items, dict) else [])


def _wrong_type(raw: Raw, path: str, text: str) -> Findings:
    kind = raw.get("type", "")
    return [invalid(f"{path}.type", kind, text) if kind else required(f"{path}.type", text)]


def _set_items(items: Raw, path: str) -> Findings:
    text = "must be atomic as item of a list with x-kubernetes-list-type=set"
    stated = items.get("x-kubernetes-list-type")
    if items.get("type") == "array" and stated not in (None, "atomic"):
        return [invalid(f"{path}.items.x-kubernetes-list-type", stated, text)]
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        return [invalid(f"{path}.items.x-kubernetes-map-type", stated, text)]
    return []


def _map_list(items: Any, keys: list[str], path: str) -> Findings:
    out: Findings = []
    if not keys:
        out.append(required(f"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"))
    if not isinstance(items, dict):
        return [*out, required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")]
    if items.get("type") != "object":
        text = "must be object if parent array's x-kubernetes-list-type is map"
        return [*out, invalid(f"{path}.items.type", items.get("type", ""), text)]
    properties = items.get("properties") or {}
    for index, key in enumerate(keys):
        if key not in properties:
            out.append(invalid(f"{path}.x-kubernetes-list-map-keys", keys, "entries must all be names of item properties"))
        elif properties[key].get("type") in ("array", "object"):
            text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            out.append(invalid(f"{path}.items.properties[{key}].type", items["type"], text))
        if key in keys[:index]:
            out.append(invalid(f"{path}.x-kubernetes-list-map-keys", keys, "must not contain duplicate entries"))
    return out


def _map_keys(items: Raw, keys: list[str], path: str) -> Findings:
    """Every entry of a keyed list has its keys."""
    out: Findings = []
    needed, properties = items.get("required") or (), items.get("properties") or {}
    why = "this property is in x-kubernetes-list-map-keys, so it"
    for key in keys:
        found, at = properties.get(key), f"{path}.items.properties[{key}]"
        if found is None:
            continue
        if key not in needed and found.get("default") is None:
            out.append(required(f"{at}.default", f"{why} must have a default or be a required property"))
        if found.get("nullable"):
            out.append(forbidden(f"{at}.nullable", f"{why} cannot be nullable"))
    return out


def _limits(raw: Raw, path: str) -> Findings:
    pattern = raw.get("pattern")
    if not pattern:
        return []
    try:
        re2.compile(pattern, QUIET)
    except re2.error as error:
        text = str(error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0])
        found = text.replace("missing ): " + pattern, "missing closing )").replace(": " + pattern, "")
        why = f"must be a valid regular expression, but isn't: error parsing regexp: {found}: `{pattern}`"
        return [invalid(f"{path}.pattern", pattern, why)]
    return []


def _validation(raw: Raw, path: str, depth: int) -> Findings:
    if depth > MAX_DEPTH:
        return [forbidden(path, f"the schema is nested more than {MAX_DEPTH} levels deep")]
    out: Findings = []
    for name in _STRUCTURE:
        if raw.get(name) and name != "x-kubernetes-int-or-string":
            text = "must be undefined to be structural" if name == "default" else "must be empty to be structural"
            if name in ("nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
                text = "must be false to be structural"
            out.append(forbidden(f"{path}.{name}", text))
    for name in _JUNCTORS:
        for index, part in enumerate(raw.get(name) or ()):
            out += _validation(part, f"{path}.{name}[{index}]", depth + 1)
    for name, child in (raw.get("properties") or {}).items():
        out += _validation(child, f"{path}.properties[{name}]", depth + 1)
    if isinstance(raw.get("items"), dict):
        out += _validation(raw["items"], f"{path}.items", depth + 1)
    return out


def _default(raw: Raw, path: str) -> Findings:
    node = Schema(raw, Definitions({}))
    value = orjson.loads(orjson.dumps(raw["default"]))
    if value is None:
        return []
    seen = [False]
    prune(node, value, seen)
    if seen[0]:
        return [invalid(f"{path}.default", value, "must not have unknown fields")]
    found = validate_value(node, value, "")
    return [FieldError(f"{path}.default{error.path}", error.reason, error.value, error.detail) for error in found]

"""What the standard of the version allows in a schema, and the rules of lists, maps and `x-kubernetes-validations`."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.schema.rules.nested import has_rules
from pilothouse.api.schema.structural.invariants import Findings, Raw

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_LIST_TYPES, _MAP_TYPES = ("atomic", "set", "map"), ("atomic", "granular")
_EMBEDDED, _META = "x-kubernetes-embedded-resource", ("metadata", "kind", "apiVersion")
_BELOW = "inside additionalProperties applying to object metadata"


def check_standard(raw: Raw, path: str) -> Findings:
    """Return what a schema says that it may not."""
    return _node(raw, path, is_root=True)


def _node(raw: Raw, path: str, *, is_root: bool = False, is_meta: bool = False, no_default: str = "") -> Findings:
    out = _own(raw, path, is_meta=is_meta, no_default=no_default)
    if raw.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        out.append(forbidden(f"{path}.uniqueItems", text))
    extra, properties = raw.get("additionalProperties"), raw.get("properties") or {}
    if properties and extra not in (None, True):
        out.append(forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive"))
    if isinstance(extra, dict):
        out += _node(extra, f"{path}.additionalProperties", is_meta=is_meta, no_default=_BELOW if is_meta else no_default)
    for name in sorted(properties):
        is_inside = is_meta or ((is_root or bool(raw.get(_EMBEDDED))) and name in _META)
        reason = f"in top-level {name}" if is_root and name in _META else no_default
        out += _node(properties[name], f"{path}.properties[{name}]", is_meta=is_inside, no_default=reason)
    if isinstance(raw.get("not"), dict):
        out += _node(raw["not"], f"{path}.not", is_meta=is_meta, no_default=no_default)
    for name in ("allOf", "oneOf", "anyOf"):
        for index, part in enumerate(raw.get(name) or ()):
            out += _node(part, f"{path}.{name}[{index}]", is_meta=is_meta, no_default=no_default)
    if isinstance(raw.get("items"), dict):
        out += _node(raw["items"], f"{path}.items", is_meta=is_meta, no_default=no_default)
    return out + _extensions(raw, path)


def _own(raw: Raw, path: str, *, is_meta: bool, no_default: str) -> Findings:
    kind = raw.get("type", "")
    out: Findings = [unsupported(f"{path}.type", kind, _TYPES)] if kind and kind not in _TYPES else []
    if raw.get("default") is not None and no_default:
        out.append(forbidden(f"{path}.default", f"must not be set {no_default}"))
    out += [forbidden(f"{path}.{name}", f"{name} is not supported") for name in _UNSUPPORTED if raw.get(name) not in (None, "")]
    if kind == "null":
        out.append(forbidden(f"{path}.type", "type cannot be set to null, use nullable as an alternative"))
    if isinstance(raw.get("items"), list):
        out.append(forbidden(f"{path}.items", "items must be a schema object and not an array"))
    if is_meta and raw.get(_EMBEDDED):
        out.append(forbidden(f"{path}.{_EMBEDDED}", "must not be used inside of resource meta"))
    return out


def _extensions(raw: Raw, path: str) -> Findings:
    out: Findings = []
    if raw.get("x-kubernetes-preserve-unknown-fields") is False:
        out.append(invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined"))
    map_type = raw.get("x-kubernetes-map-type")
    if map_type is not None and raw.get("type") != "object":
        out += _wrong_type(raw, path, "must be object if x-kubernetes-map-type is specified")
    if map_type is not None and map_type not in _MAP_TYPES:
        out.append(unsupported(f"{path}.x-kubernetes-map-type", map_type, _MAP_TYPES))
    return out + _lists(raw, path) + _shapes(raw, path)


def _shapes(raw: Raw, path: str) -> Findings:
    """The rules apart from their expressions; the language is loaded only when there are rules."""
    if not raw.get("x-kubernetes-validations") and not any(map(has_rules, raw.get("allOf") or ())):
        return []
    from pilothouse.api.schema.rules.checks import check_nested_shapes, check_shapes

    return check_shapes(raw, path) + check_nested_shapes(raw, path)


def _lists(raw: Raw, path: str) -> Findings:
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

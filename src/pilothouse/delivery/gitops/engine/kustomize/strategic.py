"""Strategic merge as kustomize does it: new list items come first, unknown kinds have their lists replaced.

The rules of the API server's own strategic merge patch (`api.patch.strategic`) differ: it appends, and it keeps directives.
"""

from __future__ import annotations

import copy
from typing import Any

from pilothouse.api.fields.typed import child_schema, item_schema
from pilothouse.api.schema.node import Schema
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid

DIRECTIVE = "$patch"
_GONE: Any = object()
_GUESSED = ("mountPath", "devicePath", "ip", "type", "topologyKey", "name", "containerPort")


def merge(old: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any] | None:
    """Return `old` with a patch merged in, None when the patch deletes it; raises `KustomizationInvalid`."""
    found = _map(old, patch, schema)
    return None if found is _GONE else found


def _map(old: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> Any:
    directive = patch.get(DIRECTIVE)
    if directive == "delete":
        return _GONE
    if directive == "replace":
        return _plain({key: value for key, value in patch.items() if key != DIRECTIVE})
    if directive not in (None, "merge"):
        raise KustomizationInvalid(f"unknown patch strategy {directive!r}", fix="use delete, replace or merge")
    out = dict(old)
    for key, value in patch.items():
        if key == DIRECTIVE:
            continue
        if value is None:
            out.pop(key, None)
            continue
        made = _value(old.get(key), value, child_schema(schema, key))
        if made is _GONE:
            out.pop(key, None)
        else:
            out[key] = made
    return out


def _value(old: Any, value: Any, schema: Schema | None) -> Any:
    if isinstance(value, dict):
        return _map(old if isinstance(old, dict) else {}, value, schema)
    if isinstance(value, list):
        return _list(old if isinstance(old, list) else [], value, schema)
    return value


def _keys(schema: Schema | None) -> tuple[str, ...]:
    if schema is None or schema.patch_strategy.find("merge") < 0:
        return ()
    if schema.list_type == "map" and schema.list_map_keys:
        return schema.list_map_keys
    return (schema.patch_merge_key,) if schema.patch_merge_key else ()


def _list(old: list[Any], patch: list[Any], schema: Schema | None) -> Any:
    directives = [item.get(DIRECTIVE) for item in patch if isinstance(item, dict) and set(item) == {DIRECTIVE}]
    items = [item for item in patch if not (isinstance(item, dict) and set(item) == {DIRECTIVE})]
    if "delete" in directives:
        return _GONE
    if "replace" in directives:
        return [_plain(item) for item in items]
    keys = _keys(schema)
    if keys:
        return _keyed(old, items, keys, item_schema(schema))
    if schema is not None and "merge" in schema.patch_strategy and all(not isinstance(item, dict | list) for item in items):
        return [*items, *(item for item in old if item not in items)]
    return [_plain(item) for item in items]


def _identity(item: Any, keys: tuple[str, ...]) -> tuple[Any, ...]:
    if not isinstance(item, dict):
        raise KustomizationInvalid(f"a patch lists {item!r} where maps with {keys[0]} are expected")
    return tuple(item.get(key) for key in keys)


def _used(keys: tuple[str, ...], items: list[Any]) -> tuple[str, ...]:
    """Return the keys any item has: a port without protocol is told by its number."""
    found = tuple(key for key in keys if any(isinstance(item, dict) and key in item for item in items))
    return found or keys[:1]


def _keyed(old: list[Any], patch: list[Any], keys: tuple[str, ...], schema: Schema | None) -> Any:
    keys = _used(keys, [*patch, *old])
    known = {_identity(item, keys): item for item in old if isinstance(item, dict)}
    order = list(dict.fromkeys([*(_identity(item, keys) for item in patch), *known]))
    made = dict(known)
    for item in patch:
        identity = _identity(item, keys)
        merged = _map(made.get(identity, {}), item, schema)
        if merged is _GONE:
            made.pop(identity, None)
        else:
            made[identity] = merged
    return [made[identity] for identity in order if identity in made]


def _plain(value: Any) -> Any:
    """Return a value a patch adds, without nulls and directives."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None and key != DIRECTIVE}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return copy.deepcopy(value)

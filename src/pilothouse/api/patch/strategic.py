"""Strategic merge patch: a merge patch that knows which lists are keyed.

The schema says how each list merges (patch strategy and merge key). Directives in the patch steer it: `$patch` (replace,
delete), `$retainKeys`, `$deleteFromPrimitiveList/<list>` and `$setElementOrder/<list>`. What a patch adds whole keeps directives
that stand deeper in it, as with kubectl; decoding the object drops them.
Source: the strategic merge patch document of the Kubernetes API conventions; compared with `kubectl patch --local`.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.fields.typed import child_schema, item_schema
from pilothouse.api.patch.elementorder import check_order, identity, ordered
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import PilothouseError

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
ELEMENT_ORDER = "$setElementOrder/"
_DROPPED: Any = object()


class StrategicPatchError(PilothouseError):
    """The patch contradicts itself or the schema."""

    reason = "InternalError"


def apply_strategic_patch(document: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Return the patched object; raises `StrategicPatchError` when the directives make no sense."""
    return _merge_map(document, patch, schema)


def _merge_map(original: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    if DIRECTIVE in patch:
        return _directed(patch)
    result = _retain(original, patch)
    orders = {key[len(ELEMENT_ORDER) :]: value for key, value in patch.items() if key.startswith(ELEMENT_ORDER)}
    for key, order in orders.items():
        _merge_ordered(result, key, patch, child_schema(schema, key), order)
    for key, value in patch.items():
        if key == RETAIN_KEYS or key.startswith(ELEMENT_ORDER) or (key in orders and value is not None):
            continue
        if key.startswith(DELETE_PRIMITIVES):
            _delete_primitives(result, key[len(DELETE_PRIMITIVES) :], value)
        elif value is None:
            result.pop(key, None)
        else:
            _put(result, key, _merge_value(result.get(key), value, child_schema(schema, key)))
    return result


def _put(result: dict[str, Any], key: str, value: Any) -> None:
    if value is _DROPPED:
        result.pop(key, None)
    else:
        result[key] = value


def _directed(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    raise _unknown_directive(directive, patch)


def _merge_ordered(result: dict[str, Any], key: str, patch: dict[str, Any], schema: Schema | None, order: Any) -> None:
    """Merge a list and put it into the order a `$setElementOrder` states, which ranks before that of the patch."""
    live, given = result.get(key), patch.get(key)
    if any(value is not None and not isinstance(value, list) for value in (live, given)) or not isinstance(order, list):
        raise StrategicPatchError("invalid patch format of setElementOrder list")
    merge_key = schema.patch_merge_key if schema is not None else ""
    if given is not None and (problem := check_order(given, order, merge_key)):
        raise StrategicPatchError(problem)
    if live is None and given is None:
        return
    if live is None:
        merged = _whole(given, drop_nulls=False)
    else:
        merged = live if given is None else _merge_list(live, given, schema)
    _element_kind(live or [], given or [], may_be_empty=False)
    result[key] = ordered(merged, order, _places(live or [], given or [], merge_key), merge_key)


def _places(live: list[Any], given: list[Any], key: str) -> list[Any]:
    """Return the list whose order ranks what `$setElementOrder` leaves open.

    The reference implementation deletes and adds in place: an added item ranks at the place that a deleted one left free.
    """
    gone = [identity(item, key) for item in given if isinstance(item, dict) and item.get(DIRECTIVE) == "delete"]
    if not gone:
        return live
    left = [item for item in live if identity(item, key) not in gone]
    known = [identity(item, key) for item in left]
    added = [item for item in given if DIRECTIVE not in item and identity(item, key) not in known]
    return [*left, *added][: len(live)]


def _delete_primitives(result: dict[str, Any], key: str, values: Any) -> None:
    if isinstance(result.get(key), list) and isinstance(values, list):
        if _element_kind(result[key], values) is dict:
            raise StrategicPatchError("invalid patch format of primitive list")
        result[key] = [item for item in result[key] if item not in values]


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the original that `$retainKeys` keeps."""
    retained = patch.get(RETAIN_KEYS)
    if retained is None:
        return dict(original)
    if not isinstance(retained, list):
        raise StrategicPatchError("invalid patch format of retainKeys")
    if any(not key.startswith("$") and patch[key] is not None and key not in retained for key in patch):
        raise StrategicPatchError("invalid patch format of retainKeys")
    return {key: value for key, value in original.items() if key in retained}


def _merge_value(original: Any, value: Any, schema: Schema | None) -> Any:
    """Return what a field becomes; a value of another type is taken over whole."""
    if type(original) is not type(value):
        return _whole(value, drop_nulls=True)
    strategy = (schema.patch_strategy if schema is not None else "").split(",")
    if isinstance(value, dict):
        return value if "replace" in strategy else _merge_map(original, value, schema)
    if isinstance(value, list):
        return _merge_list(original, value, schema) if "merge" in strategy else value
    return value


def _merge_list(original: list[Any], patch: list[Any], schema: Schema | None) -> list[Any]:
    if schema is None or "merge" not in schema.patch_strategy.split(","):
        return patch
    if not original and not patch:
        return original
    if _element_kind(original, patch) is not dict:
        return ordered(list(dict.fromkeys((*original, *patch))), patch, original, "")
    key = schema.patch_merge_key
    if not key:
        raise StrategicPatchError(f"cannot merge lists without merge key for {schema.name}")
    live, given = _special_items(original, patch, key)
    merged, below = list(live), item_schema(schema)
    for item in given:
        position = next((at for at, found in enumerate(merged) if found.get(key) == item[key]), None)
        if position is None:
            merged.append(item)
        else:
            merged[position] = _merge_map(merged[position], item, below)
    for item in merged:
        identity_of(item, key)
    return ordered(merged, given, live, key)


def _special_items(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Carry out the directives of items; return the list to merge into and the items to merge."""
    live, given, is_replacing = list(original), [], False
    for item in patch:
        directive = item.get(DIRECTIVE)
        if DIRECTIVE not in item:
            given.append(item)
        elif directive == "delete":
            wanted = identity_of(item, key)
            live = [entry for entry in live if entry.get(key) != wanted]
        elif directive == "replace":
            is_replacing = True
        elif directive == "merge":
            raise StrategicPatchError("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(directive, item)
    if is_replacing:
        return given, []
    for item in given:
        identity_of(item, key)
    return live, given


def identity_of(item: dict[str, Any], key: str) -> Any:
    """Return the merge key's value of an item; raises `StrategicPatchError` when it has none."""
    if key not in item:
        raise StrategicPatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}")
    return identity(item, key)


def _element_kind(*lists: list[Any], may_be_empty: bool = True) -> type[Any]:
    """Return the one type that all items have; raises `StrategicPatchError` when they differ."""
    kinds = {type(item) for items in lists for item in items}
    if list in kinds:
        raise StrategicPatchError("lists of lists are not supported")
    if len(kinds) > 1:
        shown = " ".join(_go_map(items) for items in lists)
        raise StrategicPatchError(f"list element types are not identical: [{shown}]")
    if not kinds and not may_be_empty:
        raise StrategicPatchError("no elements in any of the given slices")
    return next(iter(kinds), type(None))


def _whole(value: Any, *, drop_nulls: bool) -> Any:
    """Return a value that is taken over: without nulls of maps, and without the maps that carry a `$patch`."""
    if isinstance(value, dict):
        if DIRECTIVE in value:
            return _DROPPED
        kept = {key: _whole(item, drop_nulls=drop_nulls) for key, item in value.items() if item is not None or not drop_nulls}
        return {key: item for key, item in kept.items() if item is not _DROPPED}
    if isinstance(value, list):
        return [item for item in (_whole(each, drop_nulls=drop_nulls) for each in value) if item is not _DROPPED]
    return value


def _unknown_directive(directive: Any, patch: dict[str, Any]) -> StrategicPatchError:
    return StrategicPatchError(f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _go_map(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_map(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_map, value)) + "]"
    return str(value)

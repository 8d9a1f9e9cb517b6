"""Strategic merge patch: a merge patch that knows which lists are keyed.

The schema says how each list merges (patch strategy and merge key). Directives in the patch steer it: `$patch` (replace,
delete, merge), `$retainKeys`, `$deleteFromPrimitiveList/<list>` and `$setElementOrder/<list>`.
Source: the strategic merge patch document of the Kubernetes API conventions.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.fields.typed import child_schema, item_schema
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import Invalid, PilothouseError

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
ELEMENT_ORDER = "$setElementOrder/"


class StrategicPatchError(PilothouseError):
    """The patch contradicts itself or the schema."""

    reason = "InternalError"


class MismatchedType(Invalid):
    """The patch has a value of another type than the object."""

    reason = "Invalid"


def apply_strategic_patch(document: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Return the patched object; raises `StrategicPatchError` when the directives make no sense."""
    return _merge_map(document, patch, schema)


def _merge_map(original: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    if directive is not None:
        raise StrategicPatchError(f"unknown patch type: {directive} in map: {_go_map(patch)}")
    result = _retain(original, patch)
    orders = {key[len(ELEMENT_ORDER) :]: value for key, value in patch.items() if key.startswith(ELEMENT_ORDER)}
    for key, value in patch.items():
        if key.startswith(DELETE_PRIMITIVES):
            _delete_primitives(result, key[len(DELETE_PRIMITIVES) :], value)
        elif key == RETAIN_KEYS or key.startswith(ELEMENT_ORDER):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = _merge_value(result.get(key), value, child_schema(schema, key), orders.pop(key, None))
    for key, order in orders.items():
        current = result.get(key)
        if isinstance(current, list):
            result[key] = _order(current, order, current, _merge_key(child_schema(schema, key)))
    return result


def _delete_primitives(result: dict[str, Any], name: str, values: list[Any]) -> None:
    if isinstance(result.get(name), list):
        result[name] = [item for item in result[name] if item not in values]


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    retained = patch.get(RETAIN_KEYS)
    if retained is None:
        return dict(original)
    if not isinstance(retained, list):
        raise StrategicPatchError("the value of $retainKeys must be a list of field names")
    missing = [key for key in patch if not key.startswith("$") and patch[key] is not None and key not in retained]
    if missing:
        raise StrategicPatchError("not all fields in patch are in retainKeys list")
    return {key: value for key, value in original.items() if key in retained}


def _merge_value(original: Any, value: Any, schema: Schema | None, order: list[Any] | None) -> Any:
    if isinstance(value, dict):
        base = original if isinstance(original, dict) else {}
        if "replace" in (schema.patch_strategy if schema else "").split(","):
            return _strip(value)
        return _merge_map(base, value, schema)
    if isinstance(value, list):
        if not _is_merging(schema):
            return [_strip(item) for item in value]
        return _merge_list(original if isinstance(original, list) else [], value, schema, order)
    return value


def _is_merging(schema: Schema | None) -> bool:
    return schema is not None and "merge" in schema.patch_strategy.split(",")


def _merge_key(schema: Schema | None) -> str:
    return schema.patch_merge_key if schema is not None else ""


def _check_order(patch: list[Any], order: list[Any] | None, key: str) -> None:
    """The items of a patch must come in the order that $setElementOrder states."""
    if order is None:
        return
    items = [item for item in patch if not isinstance(item, dict) or DIRECTIVE not in item]
    wanted = iter([_order_value(item, key) for item in order])
    if not all(any(value == found for found in wanted) for value in (_order_value(item, key) for item in items)):
        text = f"The order in patch list:\n{_go_map(items)}\n doesn't match $setElementOrder list:\n{_go_map(order)}\n"
        raise StrategicPatchError(text)


def _order_value(item: Any, key: str) -> Any:
    return _key_value(item, key) if isinstance(item, dict) else item


def _merge_list(original: list[Any], patch: list[Any], schema: Schema | None, order: list[Any] | None) -> list[Any]:
    _check_order(patch, order, _merge_key(schema))
    if not any(isinstance(item, dict) for item in (*patch, *original)):
        merged = original + [item for item in dict.fromkeys(patch) if item not in original]
        return _order(merged, order or patch, original, "")
    key = _merge_key(schema)
    if not key:
        return [_strip(item) for item in patch]
    items, is_replacing = _special_items(original, patch, key)
    result = [] if is_replacing else items
    below = item_schema(schema)
    for item in patch:
        if DIRECTIVE in item and item[DIRECTIVE] in {"delete", "replace"}:
            continue
        position = _find(result, key, _key_value(item, key))
        if position is None:
            result.append(_strip(_merge_map({}, item, below)))
        else:
            result[position] = _merge_map(result[position], {k: v for k, v in item.items() if k != DIRECTIVE}, below)
    touched = [item for item in patch if item.get(DIRECTIVE) not in {"delete", "replace"}]
    return _order(result, order if order is not None else touched, original, key)


def _special_items(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], bool]:
    """Apply the delete directives; tell whether a replace directive empties the list first."""
    items = list(original)
    is_replacing = False
    for item in patch:
        if not isinstance(item, dict):
            raise StrategicPatchError(f"a list of maps is patched with {item!r}")
        directive = item.get(DIRECTIVE)
        if directive == "delete":
            wanted = _key_value(item, key)
            items = [entry for entry in items if entry.get(key) != wanted]
        elif directive == "replace":
            is_replacing = True
        elif directive not in {None, "merge"}:
            raise StrategicPatchError(f"unknown patch type: {directive} in map: {_go_map(item)}")
    return items, is_replacing


def _key_value(item: dict[str, Any], key: str) -> Any:
    if key not in item:
        raise StrategicPatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}")
    return item[key]


def _find(items: list[Any], key: str, wanted: Any) -> int | None:
    for position, item in enumerate(items):
        if isinstance(item, dict) and item.get(key) == wanted:
            return position
    return None


def _order(merged: list[Any], order: list[Any], original: list[Any], key: str) -> list[Any]:
    """Sort the patched items as the patch orders them, the others as the server had them, keeping relative places."""

    def identity(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    ranks = {_hashable(identity(item)): rank for rank, item in reversed(list(enumerate(order)))}
    places = {_hashable(identity(item)): place for place, item in enumerate(original)}
    patched = sorted((i for i in merged if _hashable(identity(i)) in ranks), key=lambda i: ranks[_hashable(identity(i))])
    others = [item for item in merged if _hashable(identity(item)) not in ranks]
    result: list[Any] = []
    while patched and others:
        left, right = (places.get(_hashable(identity(side[0]))) for side in (patched, others))
        take_other = right is not None and left is not None and right < left
        result.append(others.pop(0) if take_other else patched.pop(0))
    return result + patched + others


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _strip(value: Any) -> Any:
    """Return a value that is taken over whole, without directives and nulls in maps."""
    if isinstance(value, dict):
        if value.get(DIRECTIVE) == "delete":
            return {}
        return {key: _strip(item) for key, item in value.items() if not key.startswith("$") and item is not None}
    return value


def _go_map(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_map(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_map, value)) + "]"
    return str(value)

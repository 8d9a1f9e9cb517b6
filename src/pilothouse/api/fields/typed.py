"""Walking values by their schema: which fields a value has, how two values differ, merging, removing.

The schema decides what is one unit: atomic lists and maps, and scalars, are leaves; associative lists are addressed by key and
sets by value. Values without a schema behave as granular maps with atomic lists.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.fields.sets import FieldSet, element_text, field_element, key_element, value_element
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import PilothouseError

ABSENT: Any = object()


class TypedValueError(PilothouseError):
    """A value does not fit its schema so badly that its fields cannot be named."""

    reason = "InternalError"


def list_keys(schema: Schema | None) -> tuple[str, ...] | None:
    """Return how items of the list are told apart: key fields, () for a set, None when the list is atomic."""
    if schema is None:
        return None
    if schema.list_type:
        if schema.list_type == "map":
            return schema.list_map_keys
        return () if schema.list_type == "set" else None
    if "merge" in schema.patch_strategy.split(","):
        return (schema.patch_merge_key,) if schema.patch_merge_key else ()
    return None


def is_atomic_map(schema: Schema | None) -> bool:
    """Whether the map is owned as one unit."""
    return schema is not None and schema.map_type == "atomic"


def child_schema(schema: Schema | None, key: str) -> Schema | None:
    """Return the schema of the value under `key`."""
    if schema is None:
        return None
    return schema.properties.get(key) or schema.additional


def item_schema(schema: Schema | None) -> Schema | None:
    """Return the schema of list items."""
    return None if schema is None else schema.items


def item_element(keys: tuple[str, ...], schema: Schema | None, item: Any, where: str, index: int) -> str:
    """Return the path element of a list item; raises `TypedValueError` when a key is missing."""
    if not keys:
        return value_element(item)
    if not isinstance(item, dict):
        raise TypedValueError(f"{where}: element {index}: associative list with keys may not have non-map elements")
    found: dict[str, Any] = {}
    for key in keys:
        value = item.get(key)
        if value is None:
            key_schema = child_schema(schema, key)
            if key_schema is not None and key_schema.has_default:
                value = key_schema.default
            elif schema is not None and schema.name and key in schema.required and key_schema is not None:
                value = "" if key_schema.type == "string" else 0
            else:
                continue
        found[key] = value
    if not found:
        shown = " ".join(f'"{key}"' for key in keys)
        raise TypedValueError(
            f"{where}: element {index}: associative list with keys has an element that omits all key fields "
            f"[{shown}] (and doesn't have default values for any key fields)"
        )
    return key_element(found)


def indexed(value: list[Any] | None, schema: Schema | None, keys: tuple[str, ...], where: str = "") -> dict[str, Any]:
    """Return list items by path element, the first of each."""
    result: dict[str, Any] = {}
    for index, item in enumerate(value or ()):
        result.setdefault(item_element(keys, item_schema(schema), item, where, index), item)
    return result


def to_set(value: Any, schema: Schema | None) -> FieldSet:
    """Return the fields that `value` states."""
    result = FieldSet()
    _collect(value, schema, (), result)
    return result


def _collect(value: Any, schema: Schema | None, path: tuple[str, ...], result: FieldSet) -> None:
    if isinstance(value, dict) and not is_atomic_map(schema):
        _collect_map(value, schema, path, result)
        return
    keys = list_keys(schema) if isinstance(value, list) else None
    if keys is None or not isinstance(value, list):
        result.insert(path)
        return
    seen: set[str] = set()
    where = "".join(map(element_text, path))
    for index, item in enumerate(value):
        element = item_element(keys, item_schema(schema), item, where, index)
        if element in seen:
            raise TypedValueError(f"{where}: duplicate entries for key {element_text(element)}")
        seen.add(element)
        _collect(item, item_schema(schema), (*path, element), result)
        result.insert((*path, element))


def _collect_map(value: dict[str, Any], schema: Schema | None, path: tuple[str, ...], result: FieldSet) -> None:
    named = schema.properties if schema is not None else {}
    for key, child in value.items():
        below = (*path, field_element(key))
        _collect(child, child_schema(schema, key), below, result)
        if child is None or child == {} or key not in named:
            result.insert(below)


def with_named_fields(fields: FieldSet, schema: Schema | None) -> FieldSet:
    """Return the set in which every named struct field that leads to a member is a member itself."""
    result = FieldSet()
    result.members = set(fields.members)
    named = schema.properties if schema is not None else {}
    for element, below in fields.children.items():
        if element.startswith("f:"):
            name = element[2:]
            if name in named:
                result.members.add(element)
            result.children[element] = with_named_fields(below, child_schema(schema, name))
        else:
            result.children[element] = with_named_fields(below, item_schema(schema))
    return result


class Comparison:
    """How a value became another one: fields added, changed and removed."""

    __slots__ = ("added", "modified", "removed")

    def __init__(self) -> None:
        """Begin without differences."""
        self.added, self.modified, self.removed = FieldSet(), FieldSet(), FieldSet()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added) or bool(self.modified) or bool(self.removed)


def compare(old: Any, new: Any, schema: Schema | None) -> Comparison:
    """Compare two values (or `ABSENT`) field by field."""
    result = Comparison()
    _compare(old, new, schema, (), result)
    return result


def _compare(old: Any, new: Any, schema: Schema | None, path: tuple[str, ...], result: Comparison) -> None:
    if old is new:
        return
    sample = new if new is not ABSENT and new is not None else old
    is_leaf = not _descend(sample, old, new, schema, path, result)
    if old is ABSENT:
        result.added.insert(path)
    elif new is ABSENT:
        result.removed.insert(path)
    elif is_leaf and old != new:
        result.modified.insert(path)


def _descend(sample: Any, old: Any, new: Any, schema: Schema | None, path: tuple[str, ...], result: Comparison) -> bool:
    """Compare the children; False when the place is a leaf."""
    if isinstance(sample, dict) and not is_atomic_map(schema):
        mine, theirs = _as(dict, old), _as(dict, new)
        if mine is None or theirs is None or not (mine or theirs):
            return False
        for key in mine.keys() | theirs.keys():
            below = (*path, field_element(key))
            _compare(mine.get(key, ABSENT), theirs.get(key, ABSENT), child_schema(schema, key), below, result)
        return True
    keys = list_keys(schema) if isinstance(sample, list) else None
    if keys is None:
        return False
    before, after = _as(list, old), _as(list, new)
    if before is None or after is None or not (before or after):
        return False
    left, right = indexed(before, schema, keys), indexed(after, schema, keys)
    for element in left.keys() | right.keys():
        _compare(left.get(element, ABSENT), right.get(element, ABSENT), item_schema(schema), (*path, element), result)
    return True


def _as(kind: type, value: Any) -> Any:
    """Return `value` as `kind`, an empty one for nothing, None when it is something else."""
    if value is ABSENT or value is None:
        return kind()
    return value if isinstance(value, kind) else None


def merge(old: Any, new: Any, schema: Schema | None) -> Any:
    """Return `old` with everything that `new` states laid over it."""
    if old is ABSENT or old is None or new is ABSENT:
        return old if new is ABSENT else new
    if isinstance(old, dict) and isinstance(new, dict) and not is_atomic_map(schema) and (old or new):
        result = dict(old)
        for key, value in new.items():
            result[key] = merge(old.get(key, ABSENT), value, child_schema(schema, key))
        return result
    keys = list_keys(schema) if isinstance(new, list) else None
    if keys is None or not isinstance(old, list) or not (old or new):
        return new
    return _merge_list(old, new, schema, keys)


def _merge_list(old: list[Any], new: list[Any], schema: Schema | None, keys: tuple[str, ...]) -> list[Any]:
    """Merge item by item: the applied order wins for shared items, others keep their place."""
    left, right = indexed(old, schema, keys), indexed(new, schema, keys)
    left_order, right_order = list(left), list(right)
    shared = [element for element in right_order if element in left]
    out: list[Any] = []
    i = j = 0
    following = shared.pop(0) if shared else None
    while i < len(left_order) or j < len(right_order):
        if i < len(left_order) and j < len(right_order):
            element = left_order[i]
            if element == right_order[j]:
                out.append(merge(left[element], right[element], item_schema(schema)))
                i, j = i + 1, j + 1
                following = shared.pop(0) if shared else None
                continue
            if element in right and following is not None and following != element:
                i += 1
                continue
        if i < len(left_order) and left_order[i] not in right:
            out.append(left[left_order[i]])
            i += 1
        elif j < len(right_order):
            element = right_order[j]
            out.append(merge(left.get(element, ABSENT), right[element], item_schema(schema)))
            j += 1
            if element == following:
                following = shared.pop(0) if shared else None
        else:
            i += 1
    return out


def remove(value: Any, fields: FieldSet, schema: Schema | None) -> Any:
    """Return `value` without the fields in the set; a map or list emptied that way becomes absent (None)."""
    if not value or not fields:
        return value
    if isinstance(value, dict):
        return None if is_atomic_map(schema) else _remove_from_map(value, fields, schema)
    if not isinstance(value, list):
        return value
    keys = list_keys(schema)
    if keys is None:
        return None
    kept: list[Any] = []
    for index, item in enumerate(value):
        element = item_element(keys, item_schema(schema), item, "", index)
        if element in fields.members:
            continue
        below = fields.children.get(element)
        kept.append(remove(item, below, item_schema(schema)) if below else item)
    return kept or None


def _remove_from_map(value: dict[str, Any], fields: FieldSet, schema: Schema | None) -> dict[str, Any] | None:
    kept: dict[str, Any] = {}
    for key, child in value.items():
        element = field_element(key)
        if element in fields.members:
            continue
        below = fields.children.get(element)
        kept[key] = remove(child, below, child_schema(schema, key)) if below else child
    return kept or None

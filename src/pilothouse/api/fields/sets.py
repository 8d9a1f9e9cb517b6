"""Sets of field paths, held as the trie that FieldsV1 serialises.

A path element is its FieldsV1 spelling: `f:name` for a field, `k:{...}` for the item of an associative list with these keys,
`v:...` for an item of a set. A node remembers which elements are members themselves and which lead to members below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

MAX_DEPTH = 200


class FieldSet:
    """A set of paths below one place. Treat as immutable once shared; operations return new sets."""

    __slots__ = ("children", "members")

    def __init__(self) -> None:
        """Begin empty."""
        self.members: set[str] = set()
        self.children: dict[str, FieldSet] = {}

    def __bool__(self) -> bool:
        """Whether any path is in the set."""
        return bool(self.members) or any(self.children.values())

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same paths."""
        return isinstance(other, FieldSet) and self.to_fields() == other.to_fields()

    __hash__ = None  # type: ignore[assignment]

    def child(self, element: str) -> FieldSet:
        """Return the set below `element`, made if absent."""
        found = self.children.get(element)
        if found is None:
            found = self.children[element] = FieldSet()
        return found

    def insert(self, path: tuple[str, ...]) -> None:
        """Add a path; the empty path adds nothing."""
        node = self
        for element in path[:-1]:
            node = node.child(element)
        if path:
            node.members.add(path[-1])

    def union(self, other: FieldSet) -> FieldSet:
        """Return the paths of either."""
        result = FieldSet()
        result.members = self.members | other.members
        for element in self.children.keys() | other.children.keys():
            mine, theirs = self.children.get(element), other.children.get(element)
            result.children[element] = mine.union(theirs) if mine and theirs else (mine or theirs or FieldSet())
        return result

    def intersection(self, other: FieldSet) -> FieldSet:
        """Return the paths of both."""
        result = FieldSet()
        result.members = self.members & other.members
        for element in self.children.keys() & other.children.keys():
            below = self.children[element].intersection(other.children[element])
            if below:
                result.children[element] = below
        return result

    def difference(self, other: FieldSet) -> FieldSet:
        """Return the paths that only this set has."""
        result = FieldSet()
        result.members = self.members - other.members
        for element, mine in self.children.items():
            theirs = other.children.get(element)
            below = mine.difference(theirs) if theirs else mine
            if below:
                result.children[element] = below
        return result

    def without(self, other: FieldSet) -> FieldSet:
        """Return the paths that are neither in the other set nor below one of its paths."""
        result = FieldSet()
        result.members = self.members - other.members
        for element, mine in self.children.items():
            if element in other.members:
                continue
            theirs = other.children.get(element)
            below = mine.without(theirs) if theirs else mine
            if below:
                result.children[element] = below
        return result

    def paths(self, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Yield every path, those that end at a level before those that go deeper, each in order of spelling."""
        for element in sorted(self.members):
            yield (*prefix, element)
        for element in sorted(self.children):
            yield from self.children[element].paths((*prefix, element))

    def to_fields(self) -> dict[str, Any]:
        """Return the FieldsV1 object."""
        fields: dict[str, Any] = {}
        for element in sorted(self.members | {name for name, below in self.children.items() if below}):
            below = self.children.get(element)
            node = below.to_fields() if below else {}
            if element in self.members and node:
                node = {".": {}, **node}
            fields[element] = node
        return fields

    @classmethod
    def from_fields(cls, fields: dict[str, Any], depth: int = 0) -> FieldSet:
        """Read a FieldsV1 object; raises ValueError when it is none."""
        if not isinstance(fields, dict) or depth > MAX_DEPTH:
            raise ValueError("fieldsV1 must be an object of objects")
        result = cls()
        for element, value in fields.items():
            if element == ".":
                continue
            if element[:2] not in {"f:", "k:", "v:", "i:"}:
                raise ValueError(f"fieldsV1 has an unknown path element {element!r}")
            if not value or "." in value:
                result.members.add(element)
            if value:
                below = cls.from_fields(value, depth + 1)
                if below:
                    result.children[element] = below
        return result


def field_element(name: str) -> str:
    """Return the element of the field `name`."""
    return "f:" + name


def key_element(keys: dict[str, Any]) -> str:
    """Return the element of the list item with these key values."""
    return "k:" + orjson.dumps(keys, option=orjson.OPT_SORT_KEYS).decode()


def value_element(value: Any) -> str:
    """Return the element of the set item `value`."""
    return "v:" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def path_text(path: tuple[str, ...]) -> str:
    """Return a path the way conflicts show it: `.spec.containers[name="a"].image`."""
    return "".join(map(element_text, path))


def element_text(element: str) -> str:
    """Return one element the way conflicts show it."""
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return "." + rest
    if kind == "k:":
        return "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in sorted(orjson.loads(rest).items())) + "]"
    return f"[={rest}]" if kind == "v:" else f"[{rest}]"

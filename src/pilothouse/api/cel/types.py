"""Types of expressions: what the checker reasons with.

A `Type` is a kind with parameters; objects carry their fields. `size` is the most elements a declared value may have, which only
the cost estimate reads: two types that differ in it are the same type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

UNBOUNDED = 2**64 - 1
_NULLABLE = frozenset(("null", "object", "opaque", "duration", "timestamp", "optional"))


class Type:
    """One type. `kind` is a scalar name, list, map, optional, type, object, opaque, dyn, null, error or param."""

    __slots__ = ("fields", "kind", "name", "params", "size")

    def __init__(
        self, kind: str, name: str = "", params: tuple[Type, ...] = (), *, fields: Mapping[str, Field] | None = None,
        size: int | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.name, self.params = kind, name or kind, params
        self.fields: Mapping[str, Field] = fields if fields is not None else {}
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Type) and (self.kind, self.name, self.params) == (other.kind, other.name, other.params)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __str__(self) -> str:
        if not self.params:
            return self.name
        shown = "optional_type" if self.kind == "optional" else self.name
        return f"{shown}({', '.join(map(str, self.params))})"

    def sized(self, size: int) -> Type:
        """Return the same type with a limit of elements."""
        return Type(self.kind, self.name, self.params, fields=self.fields, size=size)


class Field:
    """A field of an object: its type and the key in the data, which may not be a CEL name."""

    __slots__ = ("key", "type")

    def __init__(self, kind: Type, key: str) -> None:
        self.type, self.key = kind, key


INT, UINT, DOUBLE, BOOL = Type("int"), Type("uint"), Type("double"), Type("bool")
STRING, BYTES, NULL, DYN = Type("string"), Type("bytes"), Type("null"), Type("dyn")
DURATION, TIMESTAMP = Type("duration"), Type("timestamp")
ERROR = Type("error", "!error!")
_SIMPLE = {kind.name: kind for kind in (INT, UINT, DOUBLE, BOOL, STRING, BYTES, NULL, DYN, DURATION, TIMESTAMP)}
_TEXT = re.compile(r"([\w.]+)(?:<(.*)>)?$")
# How a type is called as a value: `type(x) == google.protobuf.Timestamp`.
VALUE_NAMES = {"null": "null_type", "duration": "google.protobuf.Duration", "timestamp": "google.protobuf.Timestamp",
               "optional": "optional_type"}  # fmt: skip
CONSTANTS = {
    "int": INT, "uint": UINT, "double": DOUBLE, "bool": BOOL, "string": STRING, "bytes": BYTES, "null_type": NULL,
    "google.protobuf.Duration": DURATION, "google.protobuf.Timestamp": TIMESTAMP,
    "list": Type("list", "list", (DYN,)), "map": Type("map", "map", (DYN, DYN)), "type": Type("type", "type", (DYN,)),
    "optional_type": Type("optional", "optional", (DYN,)),
    **{name: Type("opaque", name) for name in ("net.IP", "net.CIDR", "kubernetes.URL", "kubernetes.Quantity",
                                               "kubernetes.NamedFormat", "kubernetes.Semver")},
}  # fmt: skip


def list_of(item: Type, size: int | None = None) -> Type:
    """Return the type of lists of something."""
    return Type("list", "list", (item,), size=size)


def map_of(key: Type, value: Type, size: int | None = None) -> Type:
    """Return the type of maps."""
    return Type("map", "map", (key, value), size=size)


def optional_of(value: Type) -> Type:
    """Return the type of a value that may be absent."""
    return Type("optional", "optional", (value,))


def type_of(kind: Type) -> Type:
    """Return the type of a type as a value."""
    return Type("type", "type", (kind,))


def object_type(name: str, fields: Mapping[str, Field]) -> Type:
    """Return an object type with named fields."""
    return Type("object", name, fields=fields)


def parse_type(text: str) -> Type:
    """Return the type a declaration writes: `list<A>`, `map<string, dyn>`, `net.IP`; one capital letter is a parameter."""
    match = _TEXT.match(text.strip())
    assert match is not None, text
    name, inner = match[1], match[2]
    if inner is not None:
        params = tuple(parse_type(part) for part in split_types(inner))
        return Type(name, name, params)
    if len(name) == 1 and name.isupper():
        return Type("param", name)
    return _SIMPLE.get(name) or Type("opaque", name)


def split_types(text: str) -> list[str]:
    """Return the types of a list of them, at the commas outside of angle brackets."""
    out, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char == "<") - (char == ">")
        if char == "," and depth == 0:
            out.append(text[start:index])
            start = index + 1
    return [*out, text[start:]] if text.strip() else out


def value_name(kind: Type) -> str:
    """Return the name that values of a type report as their type."""
    return VALUE_NAMES.get(kind.kind, kind.name)


class Substitution:
    """What the type parameters of a call were found to be."""

    __slots__ = ("_bound", "_count")

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        self._count = 0

    def fresh(self, kind: Type, names: dict[str, Type]) -> Type:
        """Return a type with parameters of its own; `names` keeps one call's parameters together."""
        if kind.kind == "param":
            if kind.name not in names:
                self._count += 1
                names[kind.name] = Type("param", f"_var{self._count}")
            return names[kind.name]
        if not kind.params:
            return kind
        return Type(kind.kind, kind.name, tuple(self.fresh(param, names) for param in kind.params))

    def new_param(self) -> Type:
        """Return a parameter nobody has."""
        self._count += 1
        return Type("param", f"_var{self._count}")

    def save(self) -> dict[str, Type]:
        """Return what is bound now."""
        return dict(self._bound)

    def restore(self, saved: dict[str, Type]) -> None:
        """Forget what was bound since."""
        self._bound = saved

    def resolve(self, kind: Type) -> Type:
        """Return a type with its parameters replaced; one that nothing bound can be anything."""
        if kind.kind == "param":
            found = self._bound.get(kind.name)
            return DYN if found is None else self.resolve(found)
        if not kind.params:
            return kind
        params = tuple(self.resolve(param) for param in kind.params)
        return kind if params == kind.params and all(map(_is_same, params, kind.params)) else _with(kind, params)

    def assign(self, target: Type, source: Type) -> bool:
        """Whether a value of `source` can be used as `target`; binds parameters of both."""
        target, source = self._look(target), self._look(source)
        if target is source or target.kind in ("dyn", "error") or source.kind in ("dyn", "error"):
            if target.kind == "param" and source is not target:
                self._bound[target.name] = source
            elif source.kind == "param" and source is not target:
                self._bound[source.name] = target
            return True
        if target.kind == "param":
            self._bound[target.name] = source
            return True
        if source.kind == "param":
            self._bound[source.name] = target
            return True
        if source.kind == "null" or target.kind == "null":
            return source.kind in _NULLABLE and target.kind in _NULLABLE
        if target.kind == "type" and source.kind == "type":
            return True
        if target.kind != source.kind or target.name != source.name or len(target.params) != len(source.params):
            return False
        return all(map(self.assign, target.params, source.params))

    def _look(self, kind: Type) -> Type:
        while kind.kind == "param" and kind.name in self._bound:
            kind = self._bound[kind.name]
        return kind


def _is_same(left: Type, right: Type) -> bool:
    return left is right


def _with(kind: Type, params: tuple[Type, ...]) -> Type:
    return Type(kind.kind, kind.name, params, fields=kind.fields, size=kind.size)

"""How Go values look in Python, and what Go calls their types and kinds.

Go's `int`, `float64`, `string`, `bool`, `map[string]interface {}` and `[]interface {}` are the plain Python types; every other
Go type a template can meet is a small subclass here. Structs are `GoObject`s: templates reach their listed fields and methods
and nothing else, so no attribute of a Python object is ever exposed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar


class GoInt(int):
    """An integer whose Go type is not `int`."""

    go_type: ClassVar[str] = "int"


class Int8(GoInt):
    """Go int8."""

    go_type = "int8"


class Int16(GoInt):
    """Go int16."""

    go_type = "int16"


class Int32(GoInt):
    """Go int32."""

    go_type = "int32"


class Int64(GoInt):
    """Go int64."""

    go_type = "int64"


class Uint(GoInt):
    """Go uint."""

    go_type = "uint"


class Uint8(GoInt):
    """Go uint8."""

    go_type = "uint8"


class Uint16(GoInt):
    """Go uint16."""

    go_type = "uint16"


class Uint32(GoInt):
    """Go uint32."""

    go_type = "uint32"


class Uint64(GoInt):
    """Go uint64."""

    go_type = "uint64"


class Slice(list[Any]):
    """A slice whose elements are not `interface {}`."""

    elem: ClassVar[str] = "interface {}"


class StringSlice(Slice):
    """Go []string."""

    elem = "string"


class NilSlice(Slice):
    """A nil []interface {}: prints like an empty one, but is null in JSON."""

    def go_json(self) -> None:
        """Return what JSON holds."""
        return


class NilStrings(StringSlice):
    """A nil []string."""

    def go_json(self) -> None:
        """Return what JSON holds."""
        return


class IntSlice(Slice):
    """Go []int."""

    elem = "int"


class NestedSlice(Slice):
    """Go [][]interface {}."""

    elem = "[]interface {}"


class Bytes(bytes):
    """Go []uint8."""


class TypedMap(dict[Any, Any]):
    """A map that is not map[string]interface {}."""

    go_type: ClassVar[str] = "map[string]interface {}"
    zero: ClassVar[Any] = None


class StringMap(TypedMap):
    """Go map[string]string."""

    go_type = "map[string]string"
    zero = ""


class NilMap(TypedMap):
    """A nil map[string]interface {}: reads as an empty one, and nothing can be put into it."""


class Values(TypedMap):
    """Helm's values type: a map like any other for templates."""

    go_type = "common.Values"


class GoFunction:
    """A function a template may call: its Go signature and the Python callable.

    `params` are Go type names; the last one repeats when `variadic`. `returns` is the Go result type ("" when unknown).
    """

    __slots__ = ("call", "checked", "name", "params", "returns", "variadic")

    def __init__(self, name: str, params: tuple[str, ...], variadic: bool, returns: str, call: Callable[..., Any]):
        self.name = name
        self.params = params
        self.variadic = variadic
        self.returns = returns
        self.call = call
        self.checked: Callable[..., Any] | None = None
        """What compiled code calls, once `execution.access.caller` has made it."""

    @property
    def go_type(self) -> str:
        """Return the Go type of the function."""
        parts = list(self.params)
        if self.variadic:
            parts[-1] = "..." + parts[-1]
        return f"func({', '.join(parts)}) {self.returns}".rstrip()


def arity_message(function: GoFunction, given: int, literal: int) -> str | None:
    """Return Go's message when `given` arguments do not fit (`literal` of them written), else None."""
    wanted = len(function.params)
    if function.variadic:
        if given < wanted - 1:
            return f"wrong number of args for {function.name}: want at least {wanted - 1} got {literal}"
    elif given != wanted:
        return f"wrong number of args for {function.name}: want {wanted} got {given}"
    return None


def signature(name: str, text: str, call: Callable[..., Any]) -> GoFunction:
    """Build a GoFunction from a compact signature such as ``"int, ...string -> string"``."""
    left, _, returns = text.partition("->")
    params = [p.strip() for p in left.split(",") if p.strip()]
    variadic = bool(params) and params[-1].startswith("...")
    if variadic:
        params[-1] = params[-1][3:]
    names = tuple(_ABBREVIATIONS.get(p, p) for p in params)
    returns = returns.strip()
    return GoFunction(name, names, variadic, _ABBREVIATIONS.get(returns, returns), call)


_ABBREVIATIONS = {"any": "interface {}", "map": "map[string]interface {}", "list": "[]interface {}"}


class GoObject:
    """A Go struct as templates see it: named fields, named methods, a type name, perhaps a String method."""

    go_type: ClassVar[str] = "struct {}"
    go_kind: ClassVar[str] = "struct"

    def go_fields(self) -> Mapping[str, Any]:
        """Return the exported fields in order."""
        return {}

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return the exported methods."""
        return {}

    def go_string(self) -> str | None:
        """Return what the String (or Error) method gives; None when there is none."""
        return None


_TYPES: dict[type, str] = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
    complex: "complex128",
    dict: "map[string]interface {}",
    list: "[]interface {}",
    Bytes: "[]uint8",
    bytes: "[]uint8",
    type(None): "<nil>",
}
_KINDS: dict[type, str] = {**_TYPES, dict: "map", list: "slice", Bytes: "slice", bytes: "slice", type(None): "invalid"}


def type_name(value: Any) -> str:
    """Return the Go type of a value as `%T` prints it."""
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Slice):
        return "[]" + value.elem
    return str(getattr(type(value), "go_type", "")) or str(value.go_type)


def kind_of(value: Any) -> str:
    """Return the Go kind of a value (`invalid` for nil)."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Slice):
        return "slice"
    if isinstance(value, dict):
        return "map"
    if isinstance(value, GoFunction):
        return "func"
    if isinstance(value, int):
        return str(getattr(value, "go_kind", type_name(value)))
    return str(value.go_kind)


def key_order(keys: Iterable[Any]) -> list[Any]:
    """Sort map keys as Go's fmt and range do: by value, strings by bytes."""
    listed = list(keys)
    try:
        if all(type(k) is str and k.isascii() for k in listed):
            return sorted(listed)
        return sorted(listed, key=lambda k: k.encode("utf-8", "surrogateescape") if isinstance(k, str) else k)
    except TypeError:
        return sorted(listed, key=lambda k: (type_name(k), str(k)))

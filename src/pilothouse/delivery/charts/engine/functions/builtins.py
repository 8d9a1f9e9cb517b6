"""The functions Go's text/template itself provides, with their exact error texts."""

from __future__ import annotations

import itertools
from typing import Any

from pilothouse.delivery.charts.engine.execution.access import assignable, bounded
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.values import compare
from pilothouse.delivery.charts.engine.values.kinds import (
    Bytes,
    GoFunction,
    Slice,
    TypedMap,
    Uint8,
    kind_of,
    type_name,
)
from pilothouse.delivery.charts.engine.values.printf import sprint, sprintf, sprintln

_HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_JS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _text(args: tuple[Any, ...]) -> str:
    if len(args) == 1 and isinstance(args[0], str):
        return args[0]
    return sprint(*("<no value>" if a is None else a for a in args))


def html(*args: Any) -> str:
    """Escape for HTML."""
    return "".join(_HTML.get(c, c) for c in _text(args))


def js(*args: Any) -> str:
    """Escape for a JavaScript string."""
    out = []
    for char in _text(args):
        if char in _JS:
            out.append(_JS[char])
        elif ord(char) < 0x20:
            out.append(f"\\u{ord(char):04X}")
        elif char.isprintable():
            out.append(char)
        else:
            out.append(f"\\u{ord(char):04X}")
    return "".join(out)


def urlquery(*args: Any) -> str:
    """Escape for a URL query."""
    from urllib.parse import quote

    return quote(_text(args).encode("utf-8", "surrogateescape"), safe="-_.~").replace("%20", "+")


def _index_arg(index: Any, limit: int) -> int:
    if index is None:
        raise FunctionError("cannot index slice/array with nil")
    if not isinstance(index, int) or isinstance(index, bool):
        raise FunctionError(f"cannot index slice/array with type {type_name(index)}")
    if index < 0 or index > limit:
        raise FunctionError(f"index out of range: {index}")
    return int(index)


def _index_map(item: dict[Any, Any], key: Any) -> Any:
    wanted = "string"
    if isinstance(item, TypedMap) and item.go_type.startswith("map["):
        wanted = item.go_type.partition("[")[2].partition("]")[0]
    if wanted != "interface {}":
        if key is None:
            raise FunctionError(f"value is nil; should be of type {wanted}")
        if type_name(key) != wanted and not (isinstance(key, int) and wanted.startswith(("int", "uint"))):
            raise FunctionError(f"value has type {type_name(key)}; should be {wanted}")
    if key in item:
        return item[key]
    return item.zero if isinstance(item, TypedMap) else None


def index(item: Any, *indexes: Any) -> Any:
    """`index x 1 "a"` walks into slices, strings and maps."""
    if item is None:
        raise FunctionError("index of untyped nil")
    for key in indexes:
        if item is None:
            raise FunctionError("index of nil pointer")
        if isinstance(item, dict):
            item = _index_map(item, key)
        elif isinstance(item, (list, str, bytes)):
            raw = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
            at = _index_arg(key, len(raw))
            if at >= len(raw):
                raise FunctionError(f"index out of range: {at}")
            item = Uint8(raw[at]) if isinstance(raw, bytes) else raw[at]
        else:
            raise FunctionError(f"can't index item of type {type_name(item)}")
    return item


def _capacity(item: Any, size: int) -> int:
    """Return how far a slice may reach: a list that was read from JSON grew by doubling."""
    if type(item) is list:
        return 1 << (size - 1).bit_length() if size else 0
    return int(getattr(item, "capacity", size))


def go_slice(item: Any, *indexes: Any) -> Any:
    """Go's own `slice` (Helm replaces it by sprig's)."""
    if item is None:
        raise FunctionError("slice of untyped nil")
    if len(indexes) > 3:
        raise FunctionError(f"too many slice indexes: {len(indexes)}")
    raw = item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item
    if isinstance(item, str) and len(indexes) == 3:
        raise FunctionError("cannot 3-index slice a string")
    if not isinstance(raw, (list, bytes)):
        raise FunctionError(f"can't slice item of type {type_name(item)}")
    limit = _capacity(item, len(raw))
    bounds = [_index_arg(i, limit) for i in indexes]
    for low, high in itertools.pairwise(bounds):
        if low > high:
            raise FunctionError(f"invalid slice index: {low} > {high}")
    start = bounds[0] if bounds else 0
    end = bounds[1] if len(bounds) > 1 else len(raw)
    if isinstance(raw, bytes):
        return raw[start:end].decode("utf-8", "surrogateescape") if isinstance(item, str) else Bytes(raw[start:end])
    filled = list(raw) + [0 if isinstance(raw, Slice) else None] * (limit - len(raw))
    cut = filled[start:end]
    return type(raw)(cut) if isinstance(raw, Slice) else cut


def length(item: Any) -> int:
    """`len x`; what a missing key gives is a nil under Helm's rule for missing keys."""
    if item is None:
        raise FunctionError("len of nil pointer")
    if isinstance(item, str):
        return len(item) if item.isascii() else len(item.encode("utf-8", "surrogateescape"))
    if isinstance(item, (list, dict, bytes)):
        return len(item)
    raise FunctionError(f"len of type {type_name(item)}")


def call(name: str, function: Any = None, *args: Any) -> Any:
    """`call f args` calls a function value."""
    if function is None:
        raise FunctionError("call of nil")
    if not isinstance(function, GoFunction):
        shown = name if name != "<func>" else f"<{kind_of(function)} Value>"
        raise FunctionError(f"non-function {shown} of type {type_name(function)}")
    wanted = len(function.params)
    if function.variadic and len(args) < wanted - 1:
        raise FunctionError(f"wrong number of args for {name}: got {len(args)} want at least {wanted - 1}")
    if not function.variadic and len(args) != wanted:
        raise FunctionError(f"wrong number of args for {name}: got {len(args)} want {wanted}")
    for at, value in enumerate(args):
        needed = function.params[min(at, wanted - 1)]
        if not assignable(value, needed) and not (value is None and needed.startswith("*")):
            raise FunctionError(f"arg {at}: value has type {type_name(value)}; should be {needed}")
    return bounded(function.call(*args))


def _not(value: Any) -> bool:
    return not value


def _compared(operation: Any) -> Any:
    def compared(*args: Any) -> bool:
        try:
            return bool(operation(*args))
        except compare.CompareError as error:
            raise FunctionError(str(error)) from None

    return compared


def _last(*args: Any) -> Any:
    return args[-1]


TABLE = (
    ("and", "any, ...any -> ", _last),
    ("or", "any, ...any -> ", _last),
    ("not", "any -> bool", _not),
    ("len", "any -> int", length),
    ("index", "any, ...any -> ", index),
    ("slice", "any, ...any -> ", go_slice),
    ("print", "...any -> string", sprint),
    ("printf", "string, ...any -> string", sprintf),
    ("println", "...any -> string", sprintln),
    ("html", "...any -> string", html),
    ("js", "...any -> string", js),
    ("urlquery", "...any -> string", urlquery),
    ("call", "any, ...any -> ", call),
    ("eq", "any, ...any -> bool", _compared(compare.equal)),
    ("ne", "any, any -> bool", _compared(compare.not_equal)),
    ("lt", "any, any -> bool", _compared(compare.less)),
    ("le", "any, any -> bool", _compared(compare.less_equal)),
    ("gt", "any, any -> bool", _compared(compare.greater)),
    ("ge", "any, any -> bool", _compared(compare.greater_equal)),
)

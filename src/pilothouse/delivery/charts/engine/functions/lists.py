"""sprig's list functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, FunctionError
from pilothouse.delivery.charts.engine.functions.convert import is_empty, is_list, string_list, to_int
from pilothouse.delivery.charts.engine.functions.reflection import deep_equal
from pilothouse.delivery.charts.engine.values.kinds import IntSlice, NestedSlice, NilSlice, Slice, StringSlice, kind_of

_MAX_LIST = 1_000_000


def _need(value: Any, message: str) -> list[Any]:
    if value is None:
        raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
    if not is_list(value):
        kind = kind_of(value)
        raise FunctionError(message.format("ptr" if kind == "struct" else kind))
    return list(value) if isinstance(value, bytes) else value


def _push(items: Any, value: Any) -> list[Any]:
    return [*_need(items, "Cannot push on type {}"), value]


def _prepend(items: Any, value: Any) -> list[Any]:
    return [value, *_need(items, "Cannot prepend on type {}")]


def _concat(*lists: Any) -> list[Any]:
    out: list[Any] = []
    if not any(lists):
        return NilSlice()
    for items in lists:
        out += _need(items, "Cannot concat type {} as list")
        if len(out) > _MAX_LIST:
            raise BudgetExceeded(f"concat would make more than {_MAX_LIST} elements")
    return out


def _first(items: Any) -> Any:
    found = _need(items, "Cannot find first on type {}")
    return found[0] if found else None


def _last(items: Any) -> Any:
    found = _need(items, "Cannot find last on type {}")
    return found[-1] if found else None


def _rest(items: Any) -> Any:
    found = _need(items, "Cannot find rest on type {}")
    return list(found[1:]) if found else NilSlice()


def _initial(items: Any) -> Any:
    found = _need(items, "Cannot find initial on type {}")
    return list(found[:-1]) if found else NilSlice()


def _reverse(items: Any) -> list[Any]:
    return list(reversed(_need(items, "Cannot find reverse on type {}")))


def _compact(items: Any) -> list[Any]:
    return [v for v in _need(items, "Cannot compact on type {}") if not is_empty(v)]


def _has(needle: Any, items: Any) -> bool:
    if items is None:
        return False
    return any(deep_equal(needle, v) for v in _need(items, "Cannot find has on type {}"))


def _uniq(items: Any) -> list[Any]:
    out: list[Any] = []
    seen: set[Any] = set()
    for value in _need(items, "Cannot find uniq on type {}"):
        if isinstance(value, str):
            if value in seen:
                continue
            seen.add(value)
        elif any(deep_equal(value, v) for v in out):
            continue
        out.append(value)
    return out


def _without(items: Any, *omit: Any) -> list[Any]:
    found = _need(items, "Cannot find without on type {}")
    return [v for v in found if not any(deep_equal(v, o) for o in omit)]


def _slice(items: Any, *indices: Any) -> Any:
    found = _need(items, "list should be type of slice or array but {}")
    size = len(found)
    if not size:
        return None
    start = to_int(indices[0]) if indices else 0
    end = to_int(indices[1]) if len(indices) > 1 else size
    if not 0 <= start <= end <= size:
        if end > size or end < 0:
            raise FunctionError("reflect.Value.Slice: slice index out of bounds")
        raise FunctionError("reflect.Value.Slice: slice index out of bounds")
    cut = found[start:end]
    return type(found)(cut) if isinstance(found, Slice) else list(cut)


def _chunk(size: int, items: Any) -> NestedSlice:
    found = _need(items, "Cannot chunk type {}")
    if size <= 0:
        raise FunctionError("runtime error: integer divide by zero" if size == 0 else "runtime error: makeslice")
    return NestedSlice([list(found[i : i + size]) for i in range(0, len(found), size)])


def _sort_alpha(items: Any) -> StringSlice:
    if not is_list(items):
        return StringSlice(string_list(items))
    return StringSlice(sorted(string_list(items), key=lambda s: s.encode("utf-8", "surrogateescape")))


def _until(count: int) -> IntSlice:
    return _until_step(0, count, 1 if count >= 0 else -1)


def _until_step(start: int, stop: int, step: int) -> IntSlice:
    if (stop < start and step >= 0) or (stop > start and step <= 0) or step == 0:
        return IntSlice()
    numbers = range(start, stop, step)
    if len(numbers) > _MAX_LIST:
        raise BudgetExceeded(f"until and untilStep make at most {_MAX_LIST} numbers, not {len(numbers)}")
    return IntSlice(numbers)


def _seq(*params: int) -> str:
    if not params or len(params) > 3:
        return ""
    start, end, step = 1, params[0], 1 if params[0] >= 1 else -1
    if len(params) == 2:
        start, end = params
        step = 1 if end >= start else -1
    elif len(params) == 3:
        start, step, end = params
        if (end < start and step > 0) or step == 0:
            return ""
    numbers = _until_step(start, end + (1 if step > 0 else -1), step)
    return " ".join(map(str, numbers))


def _both(names: tuple[str, ...], signature: str, function: Callable[..., Any]) -> list[tuple[str, str, Any]]:
    return [(name, signature, function) for name in names]


TABLE = (
    ("list", "...any -> list", lambda *v: list(v)),
    ("tuple", "...any -> list", lambda *v: list(v)),
    *_both(("append", "push", "mustAppend", "mustPush"), "any, any -> list", _push),
    *_both(("prepend", "mustPrepend"), "any, any -> list", _prepend),
    ("concat", "...any -> ", _concat),
    *_both(("first", "mustFirst"), "any -> ", _first),
    *_both(("last", "mustLast"), "any -> ", _last),
    *_both(("rest", "mustRest"), "any -> list", _rest),
    *_both(("initial", "mustInitial"), "any -> list", _initial),
    *_both(("reverse", "mustReverse"), "any -> list", _reverse),
    *_both(("compact", "mustCompact"), "any -> list", _compact),
    *_both(("uniq", "mustUniq"), "any -> list", _uniq),
    *_both(("without", "mustWithout"), "any, ...any -> list", _without),
    *_both(("has", "mustHas"), "any, any -> bool", _has),
    *_both(("slice", "mustSlice"), "any, ...any -> ", _slice),
    *_both(("chunk", "mustChunk"), "int, any -> [][]interface {}", _chunk),
    ("sortAlpha", "any -> []string", _sort_alpha),
    ("until", "int -> []int", _until),
    ("untilStep", "int, int, int -> []int", _until_step),
    ("seq", "...int -> string", _seq),
)

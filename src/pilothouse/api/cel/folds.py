"""The loops of macros: `all`, `exists`, `map`, `filter` and the rest, as plain Python loops.

`all` and `exists` pass over errors of single elements when another element decides, as `&&` and `||` do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.api.cel.cost import loop_costs
from pilothouse.api.cel.syntax import Fold, Node
from pilothouse.api.cel.values import CostExceeded, EvalError, Frame, Run

Rounds = Iterator[tuple[Any, ...]]


def fold(node: Fold, compile_node: Callable[[Node], Run]) -> Run:
    """Return the closure of a macro."""
    over, body = compile_node(node.over), compile_node(node.body)
    condition = None if node.condition is None else compile_node(node.condition)
    once, step = loop_costs(node.kind)
    names, loop = node.names, _LOOPS[node.kind]

    def rounds(frame: Frame, holder: Any, inner: dict[str, Any]) -> Rounds:
        """Set the variables of each round and pay for it; rounds whose condition does not hold are left out."""
        for values in _entries(holder, len(names)):
            frame.pay(step)
            inner.update(zip(names, values, strict=True))
            if condition is None or _truth(condition(frame)):
                yield values

    def run(frame: Frame) -> Any:
        holder = over(frame)
        frame.pay(once)
        outside = frame.names
        inner = {**outside}
        frame.names = inner
        try:
            return loop(rounds(frame, holder, inner), body, frame)
        finally:
            frame.names = outside

    return run


def _entries(holder: Any, count: int) -> Rounds:
    if isinstance(holder, list):
        yield from ((item,) for item in holder) if count == 1 else enumerate(holder)
    elif isinstance(holder, dict):
        yield from ((key,) for key in holder) if count == 1 else holder.items()
    else:
        raise EvalError("no such overload")


def _truth(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise EvalError("no such overload")


def _decide(rounds: Rounds, body: Run, frame: Frame, *, stop: bool) -> bool:
    failed: EvalError | None = None
    for _ in rounds:
        try:
            if _truth(body(frame)) is stop:
                return stop
        except CostExceeded:
            raise
        except EvalError as error:
            failed = error
    if failed is not None:
        raise failed
    return not stop


def _all(rounds: Rounds, body: Run, frame: Frame) -> bool:
    return _decide(rounds, body, frame, stop=False)


def _exists(rounds: Rounds, body: Run, frame: Frame) -> bool:
    return _decide(rounds, body, frame, stop=True)


def _exists_one(rounds: Rounds, body: Run, frame: Frame) -> bool:
    return sum(1 for _ in rounds if _truth(body(frame))) == 1


def _map(rounds: Rounds, body: Run, frame: Frame) -> list[Any]:
    return [body(frame) for _ in rounds]


def _filter(rounds: Rounds, body: Run, frame: Frame) -> list[Any]:
    return [values[0] for values in rounds if _truth(body(frame))]


def _transform_map(rounds: Rounds, body: Run, frame: Frame) -> dict[Any, Any]:
    return {values[0]: body(frame) for values in rounds}


def _transform_entries(rounds: Rounds, body: Run, frame: Frame) -> dict[Any, Any]:
    out: dict[Any, Any] = {}
    for _ in rounds:
        for key, value in body(frame).items():
            if key in out:
                raise EvalError(f"insert failed: key {key} already exists")
            out[key] = value
    return out


_LOOPS: dict[str, Callable[[Rounds, Run, Frame], Any]] = {
    "all": _all, "exists": _exists, "existsOne": _exists_one, "map": _map, "filter": _filter, "transformList": _map,
    "transformMap": _transform_map, "transformMapEntry": _transform_entries,
}  # fmt: skip

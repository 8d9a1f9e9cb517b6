"""Field access, method calls and iteration on Go values; the helpers every compiled template calls.

Access goes only to map keys and to the listed fields and methods of GoObjects, never to attributes of Python objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import ArgumentFault, BudgetExceeded, Fault, FunctionError
from pilothouse.delivery.charts.engine.values.kinds import (
    GoFunction,
    GoObject,
    TypedMap,
    Values,
    key_order,
    kind_of,
    type_name,
)
from pilothouse.delivery.charts.engine.values.printing import to_text
from pilothouse.delivery.charts.engine.values.quote import go_quote

MAX_TEXT = 64 * 1024 * 1024
MAX_LIST = 5_000_000
_EXACT: dict[str, type] = {
    "string": str,
    "int": int,
    "bool": bool,
    "float64": float,
    "map[string]interface {}": dict,
    "[]interface {}": list,
}
_NAMED_KEYS = ("map[string", "map[interface {}", "common.Values", "engine.files")
_NILABLE = ("map[", "[]", "*", "func(", "interface")
Chain = Callable[[Any, tuple[str, ...]], Any]


class Access:
    """Field access under one `missingkey` rule: `zero` (Helm), `default` (Go) or `error`."""

    def __init__(self, missing: str = "zero") -> None:
        self.missing = missing

    def field(self, value: Any, name: str) -> Any:
        """Follow one name, as `chain` does; most paths have no more."""
        kind = type(value)
        if (kind is dict or kind is Values) and name in value:
            return value[name]
        return self._careful_chain(value, (name,))

    def chain(self, value: Any, names: tuple[str, ...]) -> Any:
        """Follow `names` from a value whose static type is an interface."""
        found = value
        for name in names:
            kind = type(found)
            if (kind is not dict and kind is not Values) or name not in found:
                return self._careful_chain(value, names)
            found = found[name]
        return found

    def _careful_chain(self, value: Any, names: tuple[str, ...]) -> Any:
        for position, name in enumerate(names):
            kind = type(value)
            if (kind is dict or kind is Values) and name in value:
                value = value[name]
            elif kind is dict and self.missing == "zero":
                value = None
            else:
                value, missing = self._step(value, name, "")
                if missing and position + 1 < len(names) and self.missing == "default":
                    return None
        return value

    def loose_chain(self, value: Any, names: tuple[str, ...]) -> Any:
        """Follow `names` from a value that came out of a pipeline: nil there is "no value", not an error."""
        if value is None:
            if self.missing == "error":
                raise Fault(f"nil data; no entry for key {go_quote(names[0])}")
            return None
        found = value
        for name in names:
            kind = type(found)
            if (kind is not dict and kind is not Values) or name not in found:
                break
            found = found[name]
        else:
            return found
        if type(value) is not dict and type(value) is not Values:
            first, missing = self._step(value, names[0], type_name(value))
            if len(names) == 1 or (missing and self.missing == "default"):
                return first
            return self.chain(first, names[1:])
        return self._careful_chain(value, names)

    def method(self, value: Any, names: tuple[str, ...], args: tuple[Any, ...], loose: bool) -> Any:
        """Follow `names`; the last one is called with `args`."""
        if len(names) > 1:
            value = self.loose_chain(value, names[:-1]) if loose else self.chain(value, names[:-1])
        name = names[-1]
        if value is None:
            if loose and len(names) == 1:
                return None
            raise Fault(f"nil pointer evaluating interface {{}}.{name}")
        methods = getattr(value, "go_methods", None)
        if methods is not None and name in methods():
            return invoke(methods()[name], args)
        if isinstance(value, GoObject) and name in value.go_fields():
            raise Fault(f"{name} has arguments but cannot be invoked as function")
        if isinstance(value, dict):
            raise Fault(f"{name} is not a method but has arguments")
        raise Fault(f"can't evaluate field {name} in type interface {{}}")

    def _step(self, value: Any, name: str, static: str) -> tuple[Any, bool]:
        if value is None:
            raise Fault(f"nil pointer evaluating interface {{}}.{name}")
        methods = getattr(value, "go_methods", None)
        if methods is not None and name in methods():
            return invoke(methods()[name], ()), False
        if isinstance(value, dict):
            if getattr(value, "go_type", "map[string").partition("]")[0] not in _NAMED_KEYS:
                raise Fault(f"can't evaluate field {name} in type {static or value.go_type}")  # type: ignore[attr-defined]
            if name in value:
                return value[name], False
            if self.missing == "error":
                raise Fault(f"map has no entry for key {go_quote(name)}")
            if self.missing == "zero" and isinstance(value, TypedMap):
                return value.zero, True
            return None, True
        if isinstance(value, GoObject):
            fields = value.go_fields()
            if name in fields:
                return fields[name], False
            static = value.go_type
        raise Fault(f"can't evaluate field {name} in type {static or 'interface {}'}")


def assignable(value: Any, wanted: str) -> bool:
    """Say whether a value may be passed where Go wants the type `wanted`."""
    if wanted == "interface {}":
        return True
    exact = _EXACT.get(wanted)
    if exact is not None and type(value) is exact:
        return True
    if wanted == "map[string]interface {}" and isinstance(value, TypedMap):
        return value.go_type in ("common.Values", wanted)
    return value is not None and type_name(value) == wanted


def _check(function: GoFunction, args: tuple[Any, ...]) -> None:
    params = function.params
    last = len(params) - 1
    for index, value in enumerate(args):
        wanted = params[min(index, last)]
        if wanted != "interface {}" and not assignable(value, wanted):
            raise ArgumentFault(index, wanted, None if value is None else type_name(value))


def _arity(function: GoFunction, given: int) -> None:
    wanted = len(function.params)
    if function.variadic:
        if given < wanted - 1:
            raise Fault(f"wrong number of args for {function.name}: want at least {wanted - 1} got {given}")
    elif given != wanted:
        raise Fault(f"wrong number of args for {function.name}: want {wanted} got {given}")


def bounded(result: Any) -> Any:
    """Return `result` unless it is larger than one value may be."""
    if type(result) is str:
        if len(result) > MAX_TEXT:
            raise BudgetExceeded(f"a template function returned more than {MAX_TEXT} characters")
    elif isinstance(result, list) and len(result) > MAX_LIST:
        raise BudgetExceeded(f"a template function returned more than {MAX_LIST} elements")
    return result


def invoke(function: GoFunction, args: tuple[Any, ...]) -> Any:
    """Call a function value with the checks Go makes."""
    _arity(function, len(args))
    return caller(function)(*args)


def caller(function: GoFunction) -> Callable[..., Any]:
    """Wrap a function for compiled code: argument types checked, errors turned into faults, results bounded."""
    if function.checked is None:
        function.checked = _checked(function)
    return function.checked


def _checked(function: GoFunction) -> Callable[..., Any]:
    call = function.call
    name = function.name
    wanted = tuple(None if p == "interface {}" else _EXACT.get(p, _Unknown) for p in function.params)
    repeated = wanted[-1] if function.variadic else None
    fixed = wanted[:-1] if function.variadic else wanted
    typed = [(index, kind) for index, kind in enumerate(fixed) if kind is not None]
    count = len(fixed)

    def checked(*args: Any) -> Any:
        for index, kind in typed:
            if type(args[index]) is not kind:
                _check(function, args)
                break
        if repeated is not None and len(args) > count:
            _check(function, args)
        try:
            result = call(*args)
            if type(result) is str:
                if len(result) > MAX_TEXT:
                    raise BudgetExceeded(f"a template function returned more than {MAX_TEXT} characters")
                return result
            return bounded(result)
        except FunctionError as error:
            raise Fault(f"error calling {name}: {error}", error.inner or error) from error
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise Fault(f"error calling {name}: {_explain(error)}", error) from error

    return checked


class _Unknown:
    """Stands for Go types that are told by name only."""


def _explain(error: Exception) -> str:
    if isinstance(error, ZeroDivisionError):
        return "runtime error: integer divide by zero"
    if isinstance(error, RecursionError):
        return "the value is nested too deeply"
    return str(error) or type(error).__name__


def elements(value: Any, with_index: bool) -> list[Any]:
    """Return what `range` visits: elements, or (index, element) pairs; raises Fault when it cannot iterate."""
    if value is None:
        return []
    if isinstance(value, list):
        return list(enumerate(value)) if with_index else list(value)
    if isinstance(value, dict):
        keys = key_order(value)
        return [(k, value[k]) for k in keys] if with_index else [value[k] for k in keys]
    if isinstance(value, int) and not isinstance(value, bool):
        return _counted(value, with_index)
    if isinstance(value, (bytes, bytearray)):
        return list(enumerate(value)) if with_index else list(value)
    visit = getattr(value, "go_range", None)
    if visit is not None:
        return list(visit(with_index))
    raise Fault(f"range can't iterate over {to_text(value)}")


def _counted(value: int, with_index: bool) -> list[Any]:
    if value > MAX_LIST:
        raise BudgetExceeded(f"range over {value} exceeds the limit of {MAX_LIST} steps")
    if with_index:
        raise Fault(f"can't use {to_text(value)} to iterate over more than one variable")
    kind = type(value)
    return list(range(value)) if kind is int else [kind(i) for i in range(value)]


def is_callable(value: Any) -> bool:
    """Say whether `call` may call the value."""
    return kind_of(value) == "func"

"""Parameters: how Go prints, flattens and merges them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pilothouse.delivery.gitops.engine.applicationsets.asks import Params

_SMALLEST, _LARGEST = -4, 6
"""The powers of ten that are written without an exponent."""


def shown(value: Any) -> str:
    """Return a value as Go's `%v` prints it; numbers are floats there, whatever they were."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(float(value))
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{shown(value[key])}' for key in sorted(value, key=str))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(shown, value))}]"
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    exact = Decimal(repr(value)).normalize()
    exponent = exact.adjusted() if value else 0
    if _SMALLEST <= exponent < _LARGEST:
        return format(exact, "f")
    sign = "-" if exponent < 0 else "+"
    return f"{format(exact.scaleb(-exponent), 'f')}e{sign}{abs(exponent):02d}"


def flat(values: Mapping[str, Any]) -> dict[str, str]:
    """Return nested parameters by dotted path, all as text; what is empty is not there."""
    return {path: shown(value) for path, value in _leaves(values, "")}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, below in items:
        here = f"{path}.{key}" if path else str(key)
        if isinstance(below, (Mapping, list)):
            yield from _leaves(below, here)
        else:
            yield here, below


def combined(left: Mapping[str, Any], right: Mapping[str, Any]) -> Params:
    """Return two sets of text parameters as one; raises ValueError for a key that has two values."""
    found: Params = {key: shown(value) for key, value in left.items()}
    for key, value in right.items():
        text = shown(value)
        if found.setdefault(key, text) != text:
            raise ValueError(f"found duplicate key {key} with different value, a: {found[key]} ,b: {text}")
    return found


def overridden(below: Any, above: Any) -> Any:
    """Return `below` with what `above` sets; tables are merged, and an empty list sets nothing."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        merged = dict(below)
        for key, value in above.items():
            merged[key] = overridden(below[key], value) if key in below else value
        return merged
    return below if above == [] else above


def filled(own: Any, base: Any) -> Any:
    """Return `own` with what `base` sets and `own` leaves empty; tables are merged."""
    if isinstance(own, Mapping) and isinstance(base, Mapping):
        missing = {key: value for key, value in base.items() if key not in own}
        return {**{key: filled(value, base.get(key)) for key, value in own.items()}, **missing}
    return base if is_empty(own) and base is not None else own


def is_empty(value: Any) -> bool:
    """Whether Go calls a value empty."""
    return value is None or value is False or (not isinstance(value, bool) and value in ("", 0)) or value in ([], {})

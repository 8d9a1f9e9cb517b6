"""Places in values: the names on the way, items of lists by number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Path = tuple[str, ...]
MISSING: Any = object()
"""What is at a place where nothing is, not even null."""


def value_at(values: Any, path: Path) -> Any:
    """Return the value at a path, MISSING when there is none."""
    for name in path:
        if isinstance(values, dict) and name in values:
            values = values[name]
        elif isinstance(values, list) and name.isdecimal() and int(name) < len(values):
            values = values[int(name)]
        else:
            return MISSING
    return values


def leaves(values: Any, prefix: Path = ()) -> Iterable[tuple[Path, Any]]:
    """Yield the path and value of every leaf: scalars, lists, and empty tables."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, (*prefix, str(key)))
    elif prefix:
        yield prefix, values

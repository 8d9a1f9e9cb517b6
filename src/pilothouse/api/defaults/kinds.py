"""Which function fills in the defaults of which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Obj = dict[str, Any]
Defaulter = Callable[[Obj], None]
_TABLE: dict[tuple[str, str], Defaulter] = {}


def apply_defaults(group: str, kind: str, obj: Obj) -> None:
    """Fill in the defaults of an object of `group` and `kind`, in place."""
    found = _TABLE.get((group, kind))
    if found is not None:
        found(obj)

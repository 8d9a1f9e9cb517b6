"""Which functions validate which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.validation.fields import FieldError

Obj = dict[str, Any]


def validate_kind(group: str, kind: str, obj: Obj) -> list[FieldError]:
    """Return what is wrong with a new object, besides its metadata."""
    found = _CREATE.get((group, kind))
    return found(obj) if found is not None else []


def validate_kind_update(group: str, kind: str, new: Obj, old: Obj) -> list[FieldError]:
    """Return what is wrong with the change from `old` to `new`, besides metadata."""
    found = _UPDATE.get((group, kind))
    return found(new, old) if found is not None else []


_CREATE: dict[tuple[str, str], Callable[[Obj], list[FieldError]]] = {}
_UPDATE: dict[tuple[str, str], Callable[[Obj, Obj], list[FieldError]]] = {}

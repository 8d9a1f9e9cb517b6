"""Validation of custom objects against their structural schema."""

from __future__ import annotations

from typing import Any

from pilothouse.api.validation.fields import FieldError

Obj = dict[str, Any]


def validate_custom(resource: Any, obj: Obj, old: Obj | None) -> list[FieldError]:
    """Return what is wrong with a custom object; `old` is the form it replaces."""
    return []

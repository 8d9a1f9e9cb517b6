"""Values as they go into JSON and come out of it: numbers are floats for the templates and plain numbers in JSON."""

from __future__ import annotations

from typing import Any

_EXACT = 2**53


def plain_value(value: Any) -> Any:
    """Return a value as JSON holds it: whole numbers without a fraction, no classes of our own."""
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def clean_text(text: str) -> str:
    """Return a text without bytes that are not UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def float_values(value: Any) -> Any:
    """Return values read from JSON as templates know them: every number a float."""
    if isinstance(value, dict):
        return {key: float_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [float_values(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value

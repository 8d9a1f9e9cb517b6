"""Warnings in the form Helm logs them: `level=INFO msg="..." key=value`."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.values.quote import go_quote


def _shown(value: str) -> str:
    if value and all(c.isprintable() and c not in ' ="' for c in value):
        return value
    return go_quote(value)


def log_line(level: str, text: str, /, **fields: Any) -> str:
    """Return one log line."""
    parts = [f"level={level}", f"msg={_shown(text)}"]
    parts += [f"{key.rstrip('_')}={_shown(str(value))}" for key, value in fields.items()]
    return " ".join(parts)

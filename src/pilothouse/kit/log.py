"""Structured logs: one line per event, JSON for machines or aligned text for people.

Fields travel in a context variable (`bind`), so that one request or one reconcile shows its controller, kind, namespace and
name on every line without passing them around. Standard logging does the rest; nothing else is imported.
"""

from __future__ import annotations

import contextvars
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

_EMPTY: Mapping[str, str] = {}
_fields: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar("pilothouse_log_fields", default=_EMPTY)


@contextmanager
def bind(**fields: str) -> Iterator[None]:
    """Add fields to every line logged inside the block."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def _record_fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = dict(_fields.get())
    extra = getattr(record, "fields", None)
    if isinstance(extra, dict):
        fields.update(extra)
    return fields


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
            **_record_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class ConsoleFormatter(logging.Formatter):
    """Time, level, logger, message and fields in one readable line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = " ".join(f"{key}={value}" for key, value in _record_fields(record).items())
        name = record.name.removeprefix("pilothouse.")
        text = f"{stamp} {record.levelname[0]} {name}: {record.getMessage()}" + (f"  {fields}" if fields else "")
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(level: str = "info", style: str = "console", stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (default stderr) in the given style (`console` or `json`)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())

"""Times in objects: read RFC 3339 and write the canonical form, with the messages of the reference decoder."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pilothouse.kit.errors import BadRequest

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_LAYOUT = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_PARTS = ("2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", "Z07:00")


def _parse(text: str, layout: str) -> datetime:
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except ValueError:
            pass
    rest, wanted = _stuck_at(text)
    raise BadRequest(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{wanted}"')


def _stuck_at(text: str) -> tuple[str, str]:
    position = 0
    for part in _PARTS:
        piece = text[position : position + len(part)]
        if part.isdigit() and not (piece.isdigit() and len(piece) == len(part)):
            return text[position:], part
        if not part.isdigit() and part != "Z07:00" and piece != part:
            return text[position:], part
        position += len(part)
    return text[position - 6 :], "Z07:00"


def canonical_time(text: str) -> str:
    """Return a `Time` in UTC with second precision; raises BadRequest."""
    if len(text) == 20 and text[19] == "Z" and _TIME.fullmatch(text):
        _parse(text, _LAYOUT)
        return text
    return _parse(text, _LAYOUT).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical_micro_time(text: str) -> str:
    """Return a `MicroTime` in UTC with microsecond precision; raises BadRequest."""
    return _parse(text, _MICRO_LAYOUT).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

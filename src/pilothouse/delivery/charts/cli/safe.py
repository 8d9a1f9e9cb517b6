"""Texts made safe for a terminal; apart from the other inputs because every verb needs it and it imports nothing."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a message without control characters that could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)

"""What an assertion is asked with, and how its answers are worded."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.suites.documents import Document
from pilothouse.delivery.charts.engine.suites.snapshots import Snapshots, yaml_of

NOTHING = "no manifest found"
_MAX_LINES = 200


class Asked(msgspec.Struct, frozen=True):
    """One assertion on the documents of one file. `negative` is whether it must not hold."""

    params: dict[str, Any]
    documents: list[Document]
    """Those chosen."""
    all_documents: list[Document]
    negative: bool
    snapshots: Snapshots
    test: str
    render_error: str | None = None


Check = Callable[[Asked], list[str]]
"""Returns what is wrong, nothing when the assertion holds."""


class Kind(msgspec.Struct, frozen=True):
    """One assertion type."""

    check: Check
    antonym: bool = False
    wants_success: bool = True
    needs: tuple[str, ...] = ()


class Misfit(ValueError):
    """A value is nothing the assertion can be asked about: it does not hold, and neither does its contrary."""


def told(
    head: str, *, document: int = -1, value: int = -1, path: str | None = None, parts: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    """Return the lines of one failure: where, the headline, and named parts below it."""
    lines = [f"DocumentIndex:\t{document}"] if document >= 0 else []
    if value >= 0:
        lines.append(f"ValuesIndex:\t{value}")
    if path is not None:
        lines.append(f"Path:\t{path}")
    named = ((head, parts[0][1]), *parts[1:]) if parts and not parts[0][0] else ((head, None), *parts)
    for name, text in named:
        lines.append(name)
        lines += indented(text) if text is not None else []
    return lines


def error(message: str, *, document: int = -1, value: int = -1) -> list[str]:
    """Return the lines of an assertion that cannot be decided."""
    return told("Error:", document=document, value=value, parts=(("", message),))


def indented(text: str) -> list[str]:
    """Return a text's lines, one level in."""
    lines = text.strip("\n").split("\n")
    cut = [f"... {len(lines) - _MAX_LINES} more lines"] if len(lines) > _MAX_LINES else []
    return [f"\t{line}".rstrip() if not line else f"\t{line}" for line in (*lines[:_MAX_LINES], *cut)]


def expected(negative: bool, says: str) -> str:
    """Return the headline of a failure."""
    return f"Expected{' NOT' if negative else ''} {says}:"


def difference(wanted: str, got: str) -> str:
    """Return what differs between two texts, one line around it."""
    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "Expected", "Actual", lineterm="", n=1)
    return "\n".join(lines)


def shown(value: Any) -> str:
    """Return a value as YAML without its last newline."""
    return yaml_of(value).rstrip("\n")

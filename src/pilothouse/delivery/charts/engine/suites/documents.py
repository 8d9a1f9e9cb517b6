"""YAML as test suites mean it: whole numbers stay whole, `yes` and `on` are text, and mappings know their line.

Used for suite files, snapshots and the documents that templates render. Elsewhere the engine reads YAML as helm does, where
every number is a float.
"""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.yaml.reader import Composer, YamlError, check_text
from pilothouse.delivery.charts.engine.yaml.resolve import OLD_WORDS

Document = dict[str, Any]
RAW = "raw"
"""The key that holds the text of a file that is no YAML."""
_SPLIT = re.compile(r"(?:^|\s*\n)---[ \t]*")


class Located(dict[str, Any]):
    """A mapping that knows its line, from 1."""

    line = 0


class SuiteComposer(Composer):
    """Composes values of YAML 1.2 with the lines of mappings."""

    whole = int
    words = OLD_WORDS

    def node(self, event: Any) -> Any:
        """Compose a node; mappings get their line."""
        line = event.start_mark.line + 1
        value = super().node(event)
        if type(value) is dict:
            value = Located(value)
            value.line = line
        return value


def read_exact(text: str) -> Any:
    """Read one document; raises YamlError."""
    return SuiteComposer(check_text(text)).document()


def split_parts(text: str) -> list[str]:
    """Return the documents of a text, each at its own line (empty lines stand for what came before), empty ones left out."""
    parts: list[str] = []
    start = line = 0
    for match in [*_SPLIT.finditer(text), None]:
        end = match.start() if match else len(text)
        part = text[start:end]
        if part.strip():
            parts.append("\n" * line + part)
        if match:
            line = text.count("\n", 0, match.end())
            start = match.end()
    return parts


def read_documents(text: str) -> list[Document]:
    """Return the mappings of a rendered file, empty ones left out; raises YamlError."""
    out: list[Document] = []
    for part in split_parts(text):
        value = read_exact(part)
        if value is not None and not isinstance(value, dict):
            raise YamlError(f"a document is {_kind(value)}, not a mapping")
        if value:
            out.append(value)
    return out


def _kind(value: Any) -> str:
    return "a sequence" if isinstance(value, list) else "a single value"


def same(one: Any, other: Any) -> bool:
    """Compare values strictly: 1, 1.0, true and "1" are all different."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)

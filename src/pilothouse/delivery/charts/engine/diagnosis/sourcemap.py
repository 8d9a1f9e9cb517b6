"""Which line of which template wrote a rendered line.

A compiled body carries the template's lines, so a writer that looks at its caller knows them. Used only after something went
wrong: the template runs once more with this writer.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import NamedTuple


class Written(NamedTuple):
    """One written piece: its first rendered line (from 0), and the file, line and kind of what wrote it."""

    first: int
    text: str
    file: str
    line: int
    is_literal: bool


class Tracer(list[str]):
    """A list of pieces that remembers where each came from."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.pieces: list[Written] = []
        self._line = 0

    def append(self, text: str) -> None:
        """Add a piece written by the calling template."""
        frame = sys._getframe(1)
        position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
        is_literal = position is not None and position[2] == 0
        self.pieces.append(Written(self._line, text, frame.f_code.co_filename, frame.f_lineno or 0, is_literal))
        self._line += text.count("\n")
        super().append(text)

    def origin(self, line: int) -> tuple[str, int] | None:
        """Return the template file and its line (from 1) that wrote a rendered line (from 0).

        Of several pieces on the line the one that a value made counts: literal text is seldom what is wrong.
        """
        found: list[tuple[bool, str, int]] = []
        for piece in self.pieces:
            lines = piece.text.split("\n")
            within = line - piece.first
            if 0 <= within < len(lines) and lines[within].strip():
                found.append((piece.is_literal, piece.file, piece.line + (within if piece.is_literal else 0)))
        if not found:
            return None
        _, file, place = min(found, key=lambda one: one[0])
        return file, place

"""Which line of which template wrote a rendered line.

A compiled body carries the template's lines, so a writer that looks at its caller knows them. Used only after something went
wrong: the template runs once more with this writer, and so does everything it includes.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any, NamedTuple

from pilothouse.delivery.charts.engine.execution.templates import TemplateSet

_TEXT = "gotpl"
"""What `tpl` calls the texts it runs."""


class Written(NamedTuple):
    """One written piece: its first rendered line (from 0), the file, line and kind of what wrote it, and what ran for it."""

    first: int
    text: str
    file: str
    line: int
    is_literal: bool
    included: tuple[Tracer, ...]


class Tracer(list[str]):
    """A list of pieces that remembers where each came from."""

    def __init__(self, made: list[Tracer]) -> None:
        """Start empty; `made` are the tracers of one run, in the order they began."""
        super().__init__()
        self.pieces: list[Written] = []
        self._line = 0
        self._made, self._place = made, len(made)
        made.append(self)

    def append(self, text: str) -> None:
        """Add a piece written by the calling template; what was included since the piece before belongs to it."""
        frame = sys._getframe(1)
        position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
        is_literal = position is not None and position[2] == 0
        included = tuple(self._made[self._place + 1 :])
        del self._made[self._place + 1 :]
        self.pieces.append(Written(self._line, text, frame.f_code.co_filename, frame.f_lineno or 0, is_literal, included))
        self._line += text.count("\n")
        super().append(text)

    def origin(self, line: int) -> tuple[str, int] | None:
        """Return the template file and its line (from 1) that wrote a rendered line (from 0).

        Of several pieces on the line the one that a value made counts: literal text is seldom what is wrong.
        """
        found: list[tuple[bool, Written, int]] = []
        for piece in self.pieces:
            lines = piece.text.split("\n")
            within = line - piece.first
            if 0 <= within < len(lines) and lines[within].strip():
                found.append((piece.is_literal, piece, within))
        if not found:
            return None
        is_literal, piece, within = min(found, key=lambda one: one[0])
        if is_literal:
            return piece.file, piece.line + within
        return _included_origin(piece, within) or (piece.file, piece.line)


def _included_origin(piece: Written, within: int) -> tuple[str, int] | None:
    """Return what wrote a line of a piece in an included template; a text of the values that was run has no place of its own.

    Functions may have indented or trimmed what was included, so lines are the same when they are but for white space.
    """
    lines = [line.strip() for line in piece.text.split("\n")]
    left = lines[: within + 1].count(lines[within])
    whole = [tracer for tracer in piece.included if "".join(tracer).split() == piece.text.split()]
    for tracer in whole[-1:] or piece.included:
        for number, line in enumerate("".join(tracer).split("\n")):
            if line.strip() == lines[within]:
                left -= 1
                if left == 0:
                    found = tracer.origin(number)
                    return found if found is not None and found[0] != _TEXT else None
    return None


def traced(templates: TemplateSet, name: str, data: Any) -> Tracer:
    """Run a template and return what it wrote, with its origins; raises what the template raises."""
    made: list[Tracer] = []
    before, templates.parts = templates.parts, lambda: Tracer(made)
    try:
        tracer = Tracer(made)
        templates.write(name, data, tracer)
        return tracer
    finally:
        templates.parts = before

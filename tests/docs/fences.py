"""Reads the console transcripts of a Markdown file.

A fence ```` ```console ```` holds commands behind `$ ` and what they print. The comment above it says how it is tested:

    <!-- test: platform -->    against a platform of its own, in order with the other fences of the page
    <!-- test: alone -->       without one
    <!-- not run: WHY -->      not by this test; WHY names what covers it

Of the output, every line must be printed for real; numbers may differ, a line `...` stands for anything.

A fence in another language below `<!-- from: FILE -->` is a piece of that file, word for word.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"(?:<!-- (?P<mark>test: \w+|not run: [^>]+?) -->\n)?```console\n(?P<text>.*?)```", re.DOTALL)
_EXCERPT = re.compile(r"<!-- from: (?P<source>\S+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)
_VARIES = re.compile(r"\d[\w.:/-]*|\b[a-z0-9]{5,}-[a-z0-9]{5}\b")


class Step(NamedTuple):
    """One command and the lines it is said to print."""

    command: str
    lines: tuple[str, ...]


class Fence(NamedTuple):
    """One transcript."""

    mark: str
    steps: tuple[Step, ...]


def read(path: Path) -> list[Fence]:
    """Return the transcripts of a page."""
    return [Fence(found["mark"] or "", _steps(found["text"])) for found in _FENCE.finditer(path.read_text())]


def _steps(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:], ()))
        elif steps and line.strip() and line.strip() != "...":
            steps[-1] = steps[-1]._replace(lines=(*steps[-1].lines, line))
    return tuple(steps)


def missing(step: Step, output: str) -> list[str]:
    """Return the lines the command did not print."""
    printed = {_shape(line) for line in output.splitlines()}
    return [line for line in step.lines if _shape(line) not in printed]


def _shape(line: str) -> str:
    return " ".join(_VARIES.sub("#", line).split())


def excerpts(path: Path) -> list[tuple[str, str]]:
    """Return what a page shows of files, as (file, text)."""
    return [(found["source"], found["text"]) for found in _EXCERPT.finditer(path.read_text())]

"""One problem, and how it is shown: the place, the line with a caret, what is known about it, and what to do."""

from __future__ import annotations

import msgspec

_MAX_LINE = 200


class Problem(msgspec.Struct, frozen=True):
    """Something wrong with a chart or its values. Lines and columns count from 1; 0 is not known."""

    message: str
    severity: str = "error"
    """error or warning."""
    kind: str = "template"
    """syntax, template, yaml, schema or values."""
    file: str = ""
    line: int = 0
    column: int = 0
    length: int = 1
    source: str = ""
    """The line of the file, without its end."""
    notes: tuple[str, ...] = ()
    help: str = ""

    @property
    def place(self) -> str:
        """File, line and column, as far as they are known."""
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(part for part in parts if part)


def problem_text(problem: Problem) -> str:
    """Return the lines for one problem, as compilers show theirs."""
    out = [f"{problem.severity}[{problem.kind}]: {_clean(problem.message)}"]
    margin = " " * len(str(problem.line or ""))
    if problem.place:
        out.append(f"{margin}--> {problem.place}")
    if problem.line and problem.source:
        out += _excerpt(problem, margin)
    out += [f"{margin} = {note}" for note in problem.notes]
    if problem.help:
        out.append(f"{margin} = help: {problem.help}")
    return "\n".join(out) + "\n"


def _excerpt(problem: Problem, margin: str) -> list[str]:
    start = 0
    if len(problem.source) > _MAX_LINE:
        start = max(0, problem.column - 1 - _MAX_LINE // 2)
    line = problem.source[start : start + _MAX_LINE]
    shown = _clean(line.replace("\t", " "))
    out = [f"{margin} |", f"{problem.line} | {shown}"]
    if problem.column:
        before = " " * (problem.column - 1 - start)
        carets = "^" * max(1, min(problem.length, len(line) - len(before)))
        out.append(f"{margin} | {before}{carets}")
    return out


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def source_line(source: str, line: int) -> str:
    """Return a line of a text, empty when there is no such line."""
    lines = source.split("\n")
    return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""

"""Turn the errors of the engine into problems: the place, the value behind it, and a better name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.analysis.paths import MISSING, Path, value_at
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer, deciding
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem, source_line
from pilothouse.delivery.charts.engine.diagnosis.sourcemap import Tracer
from pilothouse.delivery.charts.engine.diagnosis.suggest import nearest
from pilothouse.delivery.charts.engine.execution.definitions import Definition
from pilothouse.delivery.charts.engine.execution.faults import ExecError, Place
from pilothouse.delivery.charts.engine.rendering.traces import shown_message

_SYNTAX = re.compile(r"template: (?P<file>.*?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.*)", re.DOTALL)
_NO_FUNCTION = re.compile(r'function "(\w+)" not defined')
_NO_TEMPLATE = re.compile(r'(?:no template|template) "([^"]+)" (?:associated|not defined)')
_VALUES = re.compile(r"\$?\.Values((?:\.\w+)+)")
_YAML_LINE = re.compile(r"\bline (\d+)\b")
_EXTRA = re.compile(r"additional properties '([^']+)'")
_COUNTED_FROM_ZERO = "did not find expected"
"""Of these complaints Go's library gives the line before."""
_SCHEMA_LINE = re.compile(r"(\s*)- at '(?P<pointer>(?:[^'\\]|\\.)*)': (?P<message>.*)")


def syntax_problem(error: str, name: str, source: str, functions: Iterable[str]) -> Problem:
    """Return the problem of a file that cannot be parsed."""
    match = _SYNTAX.match(error)
    if match is None:
        return Problem(error, kind="syntax", file=name)
    line, message = int(match["line"]), match["message"]
    text = source_line(source, line)
    unknown = _NO_FUNCTION.search(message)
    at = re.search(rf"(?<![\w.$]){unknown[1]}(?!\w)", text) if unknown else None
    advice = nearest(unknown[1], functions) if unknown else ""
    return Problem(
        message, kind="syntax", file=name, line=line, source=text,
        column=at.start() + 1 if at else 0, length=len(unknown[1]) if unknown else 1,
        help=f"did you mean {advice}?" if advice else "",
    )  # fmt: skip


def template_problem(
    error: ExecError,
    unit: str,
    prefix: Path,
    merged: Mapping[str, Any],
    layers: Sequence[Layer],
    templates: Mapping[str, Definition],
) -> Problem:
    """Return the problem of a template that failed, told from the innermost place."""
    frames: list[Place] = []
    current: BaseException | None = error
    while current is not None:
        place = getattr(current, "place", None)
        if place is not None and (not frames or frames[-1] != place):
            frames.append(place)
        current = getattr(current, "inner", None)
    if not frames:
        return Problem(str(error), file=unit)
    inner = frames[-1]
    column, length = _span(inner)
    notes, advice = about_values(inner.node, prefix, merged, layers)
    missing = _NO_TEMPLATE.search(inner.message)
    if missing:
        known = nearest(missing[1], templates)
        advice = f'did you mean "{known}"?' if known else advice
    notes += [f"called from {frame.file}:{frame.line} {{{{ {frame.node} }}}}" for frame in reversed(frames[:-1])]
    return Problem(
        shown_message(inner.message), file=inner.file, line=inner.line, column=column, length=length,
        source=source_line(inner.source, inner.line), notes=tuple(notes), help=advice,
    )  # fmt: skip


def _span(place: Place) -> tuple[int, int]:
    """Return column and length of the node in its line: Go's position lies somewhere within it."""
    start = place.source.rfind("\n", 0, place.pos) + 1
    at = place.source.find(place.node, max(start, place.pos - len(place.node)), place.pos + len(place.node))
    if at < 0:
        return place.pos - start + 1, 1
    return at - start + 1, len(place.node.split("\n")[0])


def about_values(node: str, prefix: Path, merged: Mapping[str, Any], layers: Sequence[Layer]) -> tuple[list[str], str]:
    """Return what is known of the values a node reads, and a better name for one that is not there."""
    notes: list[str] = []
    for match in _VALUES.finditer(node):
        names = tuple(match[1].strip(".").split("."))
        path = (*prefix, *names)
        size = next((n for n in range(len(prefix), len(path)) if value_at(merged, path[: n + 1]) is MISSING), len(path))
        above, shown = path[:size], ".Values" + "".join(f".{name}" for name in path[len(prefix) : size])
        if size < len(path):
            table = value_at(merged, above)
            better = nearest(path[size], table) if isinstance(table, Mapping) else ""
            if isinstance(table, Mapping):
                removed = deciding(layers, path[: size + 1])
                missing = f"{shown}.{path[size]}"
                how = f"was deleted by {removed.place}" if removed and removed.action == "deleted" else "is set nowhere"
                notes.append(f"{missing} {how}")
                return notes, f"did you mean {shown}.{better}?" if better else ""
        step = deciding(layers, above)
        if step is not None and above:
            notes.append(f"{shown} is {brief(value_at(merged, above))}, set by {step.place}")
    return notes, ""


def brief(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, Mapping):
        return f"a table with {', '.join(list(map(str, value))[:6])}" if value else "an empty table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, float) and value == value and abs(value) < 1e15 and value == int(value):
        text = str(int(value))
    return text if len(text) <= 60 else text[:57] + "..."


def yaml_problem(
    message: str, unit: str, document: str, first: int, tracer: Tracer, templates: Mapping[str, Definition]
) -> Problem:
    """Return the problem of a document that is no YAML, told from the template line that wrote the bad line."""
    text = message.removeprefix(f"YAML parse error on {unit}: ").removeprefix("error converting YAML to JSON: ")
    found = _YAML_LINE.search(text)
    at = (int(found[1]) if found else 1) - (_COUNTED_FROM_ZERO not in text)
    lines = document.split("\n")
    rendered = next((n for n in (at, at - 1) if 0 <= n < len(lines) and tracer.origin(first + n)), 0)
    origin = tracer.origin(first + rendered)
    excerpt = [f"rendered line {n + 1}: {lines[n]}" for n in range(max(0, rendered - 1), min(len(lines), rendered + 2))]
    if origin is None:
        return Problem(text, kind="yaml", file=unit, notes=tuple(excerpt))
    file, line = origin
    source = next((one.file.source for one in templates.values() if one.file.name == file), "")
    return Problem(text, kind="yaml", file=file, line=line, source=source_line(source, line), notes=tuple(excerpt))


def schema_problems(found: str, prefix: Path, chart: str, layers: Sequence[Layer]) -> list[Problem]:
    """Return one problem for each place that does not fit a schema."""
    problems: list[Problem] = []
    for line in found.splitlines():
        match = _SCHEMA_LINE.match(line)
        if match is None:
            if line.strip() and not problems:
                problems.append(Problem(line.strip(), kind="schema", file=f"{chart}/values.schema.json"))
            continue
        path = (*prefix, *(part.replace("~1", "/").replace("~0", "~") for part in match["pointer"].split("/")[1:]))
        if match[1] and problems:  # the branches of an anyOf belong to the problem above
            last = problems[-1]
            problems[-1] = _with_note(last, line.strip().removeprefix("- "))
            continue
        extra = _EXTRA.match(match["message"])
        told = (*path, extra[1]) if extra else path
        step = deciding(layers, told) if told else None
        where, _, number = step.place.rpartition(":") if step else ("", "", "")
        placed = {"file": where, "line": int(number)} if number.isdecimal() and where else {"file": step.place if step else ""}
        name = ".".join(path) or "the values"
        problems.append(Problem(f"{name}: {match['message']}", kind="schema", **placed))
    return problems


def _with_note(problem: Problem, note: str) -> Problem:
    return msgspec.structs.replace(problem, notes=(*problem.notes, note))

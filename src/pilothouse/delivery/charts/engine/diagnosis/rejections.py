"""Which template lines wrote what an API server refuses.

Called by the verbs that change releases, after a refusal: the templates run once more, the refused object is found among what
they write, and each field the server names is followed to the rendered line, to the template line, and to the values in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.analysis.paths import Path
from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.chart.exact import in_mode
from pilothouse.delivery.charts.engine.diagnosis.lines import key_lines
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem, source_line
from pilothouse.delivery.charts.engine.diagnosis.sourcemap import Tracer, traced
from pilothouse.delivery.charts.engine.diagnosis.wording import about_values
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.rendering.manifests import Heads, split_documents
from pilothouse.delivery.charts.engine.rendering.render import Renderer, Unit, chart_units, values_prefix
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions

_FIELD = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_STRICT = re.compile(r'(\w+) in version "[^"]*" cannot be handled as a \w+: strict decoding error: (.*)', re.DOTALL)
_UNKNOWN = re.compile(r'((?:unknown|duplicate) field) "([^"]+)"')
_TYPED = re.compile(
    r"failed to create typed patch object \([^;]*/(?P<name>[^;/]*); [^,]*, Kind=(?P<kind>\w+)\): (?P<rest>.*)", re.DOTALL
)
_TYPED_FIELD = re.compile(r"^\s*\.?(\w[^:\n]*): (.+)$", re.MULTILINE)
_NAMED = "metadata.name"


class Rejection(msgspec.Struct, frozen=True):
    """What a server said of one object: the fields it names, each with what is wrong there."""

    kind: str
    """A kind, or the plural name of a resource."""
    name: str
    """Empty when the server does not say it."""
    causes: tuple[tuple[str, str], ...]

    def is_of(self, kind: str, name: str) -> bool:
        """Whether an object is the refused one."""
        return self.name in ("", name) and self.kind.lower().startswith(kind.lower()) and bool(kind)


def read_rejection(status: Mapping[str, Any]) -> Rejection | None:
    """Read a Status; None for one that blames no object."""
    details, message = status.get("details") or {}, str(status.get("message", ""))
    strict = _STRICT.search(message)
    if strict is not None:
        return Rejection(strict[1], "", tuple((field, problem) for problem, field in _UNKNOWN.findall(strict[2])))
    typed = _TYPED.search(message)
    if typed is not None:
        fields = [found for found in _TYPED_FIELD.findall(typed["rest"]) if found[0] != "errors"]
        return Rejection(typed["kind"], typed["name"], tuple(fields))
    if not details.get("kind") or not details.get("name"):
        return None
    causes = [(str(cause.get("field") or _NAMED), str(cause.get("message", ""))) for cause in details.get("causes") or []]
    return Rejection(str(details["kind"]), str(details["name"]), tuple(causes) or ((_NAMED, message),))


def rejection_problems(
    rejection: Rejection,
    chart: Chart,
    release: ReleaseOptions,
    values: dict[str, Any],
    renderer: Renderer,
    layers: Sequence[Layer],
) -> list[Problem]:
    """Return one problem for each field that was refused; none when the object is not found. Raises what a render raises."""
    log: list[str] = []
    chart, values = in_mode(chart, values, renderer.numbers)
    chart = process_dependencies(chart, values, log)
    merged = coalesce_values(chart, values, log)
    units = chart_units(chart, release, merged, Capabilities())
    templates = renderer.parsed(units)
    for document in _documents(templates, units, rejection):
        problems = [document.problem(field, message) for field, message in rejection.causes if document.has(field)]
        if problems:
            return [_with_values(one, values_prefix(document.unit, chart.name), merged, layers) for one in problems]
    return []


class _Document:
    """One rendered document, and where its lines came from."""

    def __init__(self, unit: str, label: str, text: str, first: int, tracer: Tracer, templates: TemplateSet) -> None:
        self.unit = unit
        self._label, self._lines, self._keys = label, text.split("\n"), key_lines(text)
        self._first, self._tracer, self._templates = first, tracer, templates

    def has(self, field: str) -> bool:
        """Whether the field, or what it would be in, is there: required fields are missing."""
        path = _path(field)
        return path in self._keys or path[:-1] in self._keys or len(path) == 1

    def problem(self, field: str, message: str) -> Problem:
        """Return where a field was written."""
        path = _path(field)
        while path and path not in self._keys:
            path = path[:-1]
        line = self._keys.get(path, 1)
        text = f"{self._label}: {message}" if field == _NAMED else f"{self._label}: {field}: {message}"
        notes = (f"rendered line {line}: {self._lines[line - 1]}",) if line <= len(self._lines) else ()
        origin = self._tracer.origin(self._first + line - 1)
        if origin is None:
            return Problem(text, kind="rejected", file=self.unit, notes=notes)
        file, number = origin
        source = next((one.file.source for one in self._templates.templates.values() if one.file.name == file), "")
        return Problem(text, kind="rejected", file=file, line=number, source=source_line(source, number), notes=notes)


def _documents(templates: TemplateSet, units: Mapping[str, Unit], rejection: Rejection) -> Iterator[_Document]:
    heads = Heads()
    for name in sorted(units):
        if name.rsplit("/", 1)[-1].startswith("_") or name.endswith("NOTES.txt"):
            continue
        unit = units[name]
        unit.data["Template"] = {"Name": name, "BasePath": unit.base_path}
        tracer = traced(templates, name, unit.data)
        text, start = "".join(tracer), 0
        for document in split_documents(text):
            start = max(start, text.find(document, start))
            head = heads.of(name, document.replace("<no value>", ""))
            if rejection.is_of(head.kind, head.name):
                label = f"{head.kind}/{head.name}"
                yield _Document(name, label, document, text.count("\n", 0, start), tracer, templates)


def _with_values(problem: Problem, prefix: Path, merged: Mapping[str, Any], layers: Sequence[Layer]) -> Problem:
    notes, advice = about_values(problem.source, prefix, merged, layers)
    return msgspec.structs.replace(problem, notes=(*problem.notes, *notes), help=advice)


def _path(field: str) -> Path:
    """Return the path of a field as the server writes it: `spec.containers[0].image`, `data[a.b]`."""
    return tuple(bracketed or plain for bracketed, plain in _FIELD.findall(field))

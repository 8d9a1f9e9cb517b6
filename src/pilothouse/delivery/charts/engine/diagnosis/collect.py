"""Run a whole chart and gather every problem, instead of stopping at the first as a render does.

Called by `chart check` and for the long form of errors. Files that cannot be parsed are left out, templates that fail give no
text, and everything else is still looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.chart.exact import in_mode
from pilothouse.delivery.charts.engine.diagnosis import wording
from pilothouse.delivery.charts.engine.diagnosis.exponents import printed_with_exponent
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem
from pilothouse.delivery.charts.engine.diagnosis.sourcemap import traced
from pilothouse.delivery.charts.engine.diagnosis.usage import chart_reads, unknown_values, unused_values
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.merging.schema import own_problem
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.delivery.charts.engine.rendering.manifests import Heads, split_documents
from pilothouse.delivery.charts.engine.rendering.render import Renderer, Unit, chart_units, in_parse_order, values_prefix
from pilothouse.delivery.charts.engine.template.parser import ParseError
from pilothouse.delivery.charts.errors import ChartInvalid, RenderFailed, ValuesInvalid
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions

MAX_PROBLEMS = 100


def diagnose(
    chart: Chart,
    release: ReleaseOptions,
    values: dict[str, Any],
    capabilities: Capabilities,
    renderer: Renderer,
    layers: Sequence[Layer],
    *,
    unused: bool = False,
) -> list[Problem]:
    """Return every problem of a chart with these values: errors first, then values nobody reads."""
    diagnosis = Diagnosis(renderer, layers)
    try:
        chart, values = in_mode(chart, values, renderer.numbers)
    except ChartInvalid as error:
        return [Problem(error.message, kind="values", file=f"{chart.name}/Chart.yaml")]
    diagnosis.run(chart, release, values, capabilities)
    log: list[str] = []
    try:
        active = process_dependencies(chart, values, log)
        merged = coalesce_values(active, values, log)
    except ValuesInvalid:
        return diagnosis.problems
    diagnosis.problems += printed_with_exponent(merged, layers, diagnosis.texts)
    reads = chart_reads(active, merged, renderer.functions, chart)
    diagnosis.problems += unknown_values(chart, active, layers, reads)
    if unused:
        diagnosis.problems += unused_values(active, layers, reads)
    return diagnosis.problems[:MAX_PROBLEMS]


class Diagnosis:
    """One run over a chart; `problems` grows as it goes."""

    def __init__(self, renderer: Renderer, layers: Sequence[Layer]) -> None:
        """Render with `renderer`; `layers` tell where values came from."""
        self.problems: list[Problem] = []
        self.texts: list[str] = []
        """What the templates wrote."""
        self._renderer, self._layers = renderer, layers

    def run(self, chart: Chart, release: ReleaseOptions, values: dict[str, Any], capabilities: Capabilities) -> None:
        """Look at everything."""
        log: list[str] = []
        try:
            chart = process_dependencies(chart, values, log)
            merged = coalesce_values(chart, values, log)
        except ValuesInvalid as error:
            self.problems.append(Problem(error.message, kind="values"))
            return
        self._check_schemas(chart, merged, ())
        units = chart_units(chart, release, merged, capabilities)
        templates = self._parse(units)
        for name in sorted(units):
            if len(self.problems) >= MAX_PROBLEMS:
                return
            if name in templates.templates and not name.rsplit("/", 1)[-1].startswith("_"):
                self._run(templates, name, units[name], merged, chart.name)

    def _check_schemas(self, chart: Chart, values: dict[str, Any], prefix: tuple[str, ...]) -> None:
        if chart.schema is not None:
            self.problems += wording.schema_problems(own_problem(chart.schema, values), prefix, chart.name, self._layers)
        for child in chart.dependencies:
            table = values.get(child.name)
            if isinstance(table, dict):
                self._check_schemas(child, table, (*prefix, child.name))

    def _parse(self, units: dict[str, Unit]) -> TemplateSet:
        templates = TemplateSet(self._renderer.functions, self._renderer.cache, limits=self._renderer.limits)
        templates.bind(host_functions(templates, self._renderer.lookup))
        for name in in_parse_order(units):
            try:
                templates.add(name, units[name].text)
            except ParseError as error:
                self.problems.append(wording.syntax_problem(str(error), name, units[name].text, self._renderer.functions))
        return templates

    def _run(self, templates: TemplateSet, name: str, unit: Unit, merged: dict[str, Any], root: str) -> None:
        unit.data["Template"] = {"Name": name, "BasePath": unit.base_path}
        try:
            text = templates.execute(name, unit.data)
        except ExecError as error:
            prefix = values_prefix(name, root)
            self.problems.append(wording.template_problem(error, name, prefix, merged, self._layers, templates.templates))
            return
        except (BudgetExceeded, RecursionError, MemoryError) as error:
            self.problems.append(Problem(str(error) or "the render needs too much memory or stack", file=name))
            return
        self.texts.append(text)
        if name.rsplit("/", 1)[-1] != "NOTES.txt":
            self._read(templates, name, unit, text.replace("<no value>", ""))

    def _read(self, templates: TemplateSet, name: str, unit: Unit, text: str) -> None:
        heads, start = Heads(), 0
        for document in split_documents(text):
            start = max(start, text.find(document, start))
            try:
                heads.of(name, document)
            except RenderFailed as error:
                tracer = traced(templates, name, unit.data)
                first = text.count("\n", 0, start)
                self.problems.append(wording.yaml_problem(error.message, name, document, first, tracer, templates.templates))

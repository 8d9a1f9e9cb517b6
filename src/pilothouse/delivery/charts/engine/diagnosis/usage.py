"""Values nobody reads: those a user gives that the chart does not know, and defaults that no template uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pilothouse.delivery.charts.engine.analysis.paths import MISSING, Path, leaves, value_at
from pilothouse.delivery.charts.engine.analysis.reads import Walker
from pilothouse.delivery.charts.engine.analysis.symbols import Reads
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem
from pilothouse.delivery.charts.engine.diagnosis.suggest import nearest
from pilothouse.delivery.charts.engine.template.nodes import Template
from pilothouse.delivery.charts.engine.template.parser import ParseError, parse_template
from pilothouse.delivery.charts.types import Chart


def chart_reads(chart: Chart, merged: Mapping[str, Any], functions: Mapping[str, Any], whole: Chart | None = None) -> Reads:
    """Return what the templates of a chart and its subcharts read.

    `whole` is the chart with all its dependencies, whose conditions are read even when they leave one out.
    """
    files: list[tuple[Path, Template]] = []
    named: dict[str, Template] = {}
    parse_chart(chart, (), functions, files, named)
    walker = Walker(named)
    for prefix, template in files:
        walker.file(template, prefix)
    for path, value in leaves(merged):  # texts that `tpl` may run
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and "{{" in text:
                _inline(text, path, chart, functions, walker)
    _metadata_reads(whole or chart, (), walker.reads)
    return walker.reads


def parse_chart(
    chart: Chart, prefix: Path, functions: Mapping[str, Any], files: list[tuple[Path, Template]], named: dict[str, Template]
) -> None:
    """Parse the templates of a chart and its subcharts, which come first; files that cannot be parsed are left out."""
    for child in chart.dependencies:
        parse_chart(child, (*prefix, child.name), functions, files, named)
    for file in chart.templates:
        try:
            trees = parse_template(file.name, file.data.decode("utf-8", "surrogateescape"), functions)
        except ParseError:
            continue
        own = trees.pop(file.name, None)
        named.update(trees)
        if own is not None:
            files.append((prefix, own))


def _inline(text: str, path: Path, chart: Chart, functions: Mapping[str, Any], walker: Walker) -> None:
    prefix: Path = ()
    current = chart
    for name in path:
        below = next((child for child in current.dependencies if child.name == name), None)
        if below is None:
            break
        current, prefix = below, (*prefix, name)
    try:
        trees = parse_template("values", text, functions)
    except ParseError:
        return
    for tree in trees.values():
        walker.file(tree, prefix)


def _metadata_reads(chart: Chart, prefix: Path, reads: Reads) -> None:
    for requirement in chart.metadata.get("dependencies") or []:
        if not isinstance(requirement, dict):
            continue
        for condition in str(requirement.get("condition") or "").split(","):
            if condition.strip():
                reads.add((*prefix, *condition.strip().split(".")), deep=True)
        name = str(requirement.get("alias") or requirement.get("name") or "")
        for item in requirement.get("import-values") or []:
            below = str(item.get("child")) if isinstance(item, dict) else f"exports.{item}"
            reads.add((*prefix, name, *below.split(".")), deep=True)
    reads.add((*prefix, "tags"), deep=True)
    for child in chart.dependencies:
        _metadata_reads(child, (*prefix, child.name), reads)


def unknown_values(chart: Chart, active: Chart, layers: Sequence[Layer], reads: Reads) -> list[Problem]:
    """Return a warning for each given value that no template reads and no default or schema knows.

    `active` is the chart with its enabled dependencies only: what is given to one that is left out is no mistake.
    """
    found: list[Problem] = []
    declared = {
        str(one.get("alias") or one.get("name")) for one in chart.metadata.get("dependencies") or [] if isinstance(one, dict)
    }
    absent = declared - {child.name for child in active.dependencies}
    for layer in layers:
        if layer.is_default:
            continue
        for path, value in leaves(layer.values):
            if value is None or path[0] in absent or _is_known(path, layers, reads, chart):
                continue
            found.append(_unknown(path, layer, layers, reads))
    return found


def _is_known(path: Path, layers: Sequence[Layer], reads: Reads, chart: Chart) -> bool:
    if reads.covers(path) or any(layer.is_default and layer.at(path) is not MISSING for layer in layers):
        return True
    for size in range(len(path)):  # below an empty table or a value of any form, everything is allowed
        if any(layer.is_default and layer.at(path[:size]) in ({}, []) and size for layer in layers):
            return reads.covers(path[:size])
    return _in_schema(path, chart)


def _in_schema(path: Path, chart: Chart) -> bool:
    try:
        schema: Any = orjson.loads(chart.schema) if chart.schema else {}
    except orjson.JSONDecodeError:
        return False
    return value_at(schema, tuple(part for name in path for part in ("properties", name))) is not MISSING


def _unknown(path: Path, layer: Layer, layers: Sequence[Layer], reads: Reads) -> Problem:
    for size in range(len(path)):
        above = path[:size]
        names = reads.names(above)
        for other in layers:
            table = other.at(above) if other.is_default else MISSING
            names |= set(table) if isinstance(table, Mapping) else set()
        if path[size] not in names:
            better = nearest(path[size], names)
            advice = f"did you mean {'.'.join((*above, better, *path[size + 1 :]))}?" if better else ""
            break
    else:
        advice = ""
    file, _, line = layer.place(path).rpartition(":")
    placed = {"file": file, "line": int(line)} if line.isdecimal() and file else {"file": layer.place(path)}
    return Problem(f"{'.'.join(path)} is read by no template", severity="warning", kind="values", help=advice, **placed)


def unused_values(active: Chart, layers: Sequence[Layer], reads: Reads) -> list[Problem]:
    """Return a warning for each default that no template reads; those of libraries are for whoever uses them."""
    found: list[Problem] = []
    for layer in layers:
        chart = _chart_at(active, layer.prefix)
        if not layer.is_default or chart is None or chart.is_library:
            continue
        for path, _ in leaves(layer.values, layer.prefix):
            if not reads.covers(path):
                file, _, line = layer.place(path).rpartition(":")
                message = f"{'.'.join(path)} is read by no template"
                placed = {"file": file, "line": int(line)} if line.isdecimal() and file else {"file": layer.label}
                found.append(Problem(message, severity="warning", kind="unused", **placed))
    return found


def _chart_at(chart: Chart, prefix: Path) -> Chart | None:
    found: Chart | None = chart
    for name in prefix:
        found = next((child for child in found.dependencies if child.name == name), None) if found is not None else None
    return found

"""The verb `chart values explain`: every layer that set, replaced or deleted a value."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.charts.cli.diagnosis.layers import given_layers
from pilothouse.delivery.charts.cli.inputs import collect_values
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.engine.analysis.paths import MISSING, value_at
from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.diagnosis.origins import Step, chart_layers, history
from pilothouse.delivery.charts.engine.diagnosis.suggest import nearest
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.kit.errors import PilothouseError


def parse_path(text: str) -> tuple[str, ...]:
    """Cut a path at its dots; a backslash keeps one. A leading `.Values` is left out."""
    names = [name.replace("\\.", ".") for name in re.split(r"(?<!\\)\.", text) if name]
    return tuple(names[1:] if names[:1] == ["Values"] else names)


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns 1 when no layer knows the value."""
    try:
        chart = located_chart(args, args.chart)
        values = collect_values(args)
        layers = [*chart_layers(chart), *given_layers(args)]
        log: list[str] = []
        merged = coalesce_values(process_dependencies(chart, values, log), values, log)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    path = parse_path(args.path)
    steps = history(layers, path)
    found = value_at(merged, path)
    if not steps and found is MISSING:
        sys.stderr.write(printable(_unknown(path, merged)) + "\n")
        return 1
    if args.output == "json":
        layers_shown = [msgspec.structs.asdict(step) for step in steps]
        is_set = found is not MISSING
        document = {"path": path, "value": found if is_set else None, "isSet": is_set, "layers": layers_shown}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(printable(explanation(path, found, steps)))
    return 0


def explanation(path: tuple[str, ...], found: Any, steps: list[Step]) -> str:
    """Return the value, and below it the layers from the deciding one down."""
    name = ".".join(path)
    lines = [f"{name} is not set" if found is MISSING else f"{name} = {shown(found)}"]
    width = max((len(step.place) for step in steps), default=0)
    for number, step in enumerate(steps):
        word = {"deleted": "deleted by", "replaced": "no table in"}.get(step.action, "set by" if number == 0 else "was")
        at = f"  (as {'.'.join(step.at)})" if step.at else ""
        value = "" if step.action == "deleted" else f"  {shown(step.value)}"
        lines.append(f"  {word:11} {step.place:{width}}{value}{at}".rstrip())
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """Return a value as JSON, cut when it is long; whole numbers without a fraction."""
    if isinstance(value, float) and value == value and abs(value) < 1e15 and value == int(value):
        value = int(value)
    text = orjson.dumps(value).decode()
    return text if len(text) <= 100 else text[:97] + "..."


def _unknown(path: tuple[str, ...], merged: Any) -> str:
    for size in range(len(path)):
        table = value_at(merged, path[:size])
        if isinstance(table, dict) and path[size] not in table:
            better = nearest(path[size], table)
            advice = f"; did you mean {'.'.join((*path[:size], better))}?" if better else ""
            return f"Error: no layer sets {'.'.join(path)}{advice}"
    return f"Error: no layer sets {'.'.join(path)}"

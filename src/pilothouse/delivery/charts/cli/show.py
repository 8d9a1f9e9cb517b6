"""The verb `chart show`: print Chart.yaml, values, readme and CRDs of a chart as `helm show` does."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.engine.chart.metadata import chart_yaml
from pilothouse.delivery.charts.engine.functions.encoding import to_json
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.errors import PilothouseError

_READMES = ("readme.md", "readme.txt", "readme")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def crd_files(chart: Chart) -> list[bytes]:
    """Return the CRD files of a chart and of the charts below it."""
    own = [f.data for f in chart.files if f.name.startswith("crds/") and f.name.endswith((".yaml", ".yml", ".json"))]
    return own + [data for child in chart.dependencies for data in crd_files(child)]


def show_text(chart: Chart, what: str) -> str:
    """Return what one `helm show` prints."""
    every = what == "all"
    rule = "---\n" if every else ""
    out = chart_yaml(chart.metadata) + "\n" if what in ("chart", "all") else ""
    if what in ("values", "all"):
        out += rule + "".join(_text(f.data) + "\n" for f in chart.raw if f.name == "values.yaml")
    if what in ("readme", "all"):
        readme = next((f for f in chart.files if f.name.lower() in _READMES), None)
        if readme is not None:
            out += rule + _text(readme.data) + "\n"
    if what in ("crds", "all"):
        for data in crd_files(chart):
            out += ("" if data.startswith(b"---") else "---\n") + _text(data) + "\n"
    return out


def values_at(chart: Chart, template: str) -> str:
    """Return the default values that a JSONPath template such as `{.image.tag}` names; raises ChartInvalid."""
    from pilothouse.api.tables.jsonpath import find

    def filled(match: re.Match[str]) -> str:
        path = match[1].strip().removeprefix("$")
        if not path.startswith((".", "[")):
            raise ChartInvalid(
                f"error parsing jsonpath {template}: {match[0]} is no path; only paths such as {{.a.b[0]}} are read"
            )
        return " ".join(map(_shown, find(path, chart.values)))

    if re.sub(r"\{[^{}]*\}", "", template) != re.sub(r"[{}]", "", re.sub(r"\{[^{}]*\}", "", template)):
        raise ChartInvalid(f"error parsing jsonpath {template}: unclosed action")
    return re.sub(r"\{([^{}]*)\}", filled, template)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return to_json(value)


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns the exit code."""
    try:
        chart = located_chart(args, args.chart)
        text = values_at(chart, args.jsonpath) if args.what == "values" and args.jsonpath else show_text(chart, args.what)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
    return 0

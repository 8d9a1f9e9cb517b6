"""Exact numbers: whole numbers of values as int64, so that 1000000 prints as 1000000 and not as 1e+06.

Helm makes every number of values a float64; that stays the default. A chart asks for exact numbers in Chart.yaml, a command line
with `--numbers exact`. Called by `render` and by the diagnosis before anything is merged.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.chart.loading import read_values
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart

ANNOTATION = "pilothouse.dev/numbers"
EXACT = "exact"
HELM = "helm"
MODES = (EXACT, HELM)


def mode_of(chart: Chart) -> str:
    """Return what the chart's annotation asks for; raises ChartInvalid for what is no mode."""
    annotations = chart.metadata.get("annotations") or {}
    mode = str(annotations.get(ANNOTATION) or HELM)
    if mode not in MODES:
        raise ChartInvalid(f"annotation {ANNOTATION} is {mode!r}", fix=f"use one of {', '.join(MODES)}")
    return mode


def in_mode(chart: Chart, values: dict[str, Any], numbers: str = "") -> tuple[Chart, dict[str, Any]]:
    """Return chart and values with the numbers that are asked for; the mode of the chart on top is that of its subcharts."""
    if (numbers or mode_of(chart)) != EXACT:
        return chart, values
    return _exact_chart(chart), exact_values(values)


def _exact_chart(chart: Chart) -> Chart:
    data = next((file.data for file in chart.raw if file.name == "values.yaml"), b"")
    return msgspec.structs.replace(
        chart, values=read_values(data, exact=True), dependencies=tuple(map(_exact_chart, chart.dependencies))
    )


def exact_values(value: Any) -> Any:
    """Return a value with its whole floats as int64, where they fit."""
    if isinstance(value, dict):
        return {key: exact_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [exact_values(inner) for inner in value]
    return Int64(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 63 else value

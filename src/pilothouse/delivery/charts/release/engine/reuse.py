"""Which values an upgrade uses: those given, those of the release before, or both."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values, copy_values, merge_tables
from pilothouse.delivery.charts.release.engine.chartrecord import chart_of
from pilothouse.delivery.charts.release.engine.plainvalues import float_values
from pilothouse.delivery.charts.release.engine.wishes import Reuse
from pilothouse.delivery.charts.release.types import Release
from pilothouse.delivery.charts.types import Chart


def computed_values(release: Release) -> dict[str, Any]:
    """Return all values of a release: the user's over the chart's."""
    return coalesce_values(chart_of(release.chart), float_values(release.config or {}), [])


def reused_values(reuse: Reuse, chart: Chart, base: Release, values: dict[str, Any]) -> tuple[dict[str, Any], Chart]:
    """Return the values of the new revision, and the chart: with `REUSE` its defaults are those of the old one."""
    old = float_values(base.config or {})
    if reuse is Reuse.RESET:
        return values, chart
    if reuse is Reuse.REUSE:
        both = merge_tables(copy_values(values), old, "", True, [])
        return both, msgspec.structs.replace(chart, values=computed_values(base))
    if reuse is Reuse.RESET_THEN_REUSE:
        return merge_tables(copy_values(values), old, "", True, []), chart
    return (old if not values and old else values), chart

"""Find the chart a verb names: a folder, an archive, a chart of a repository, or one of a registry."""

from __future__ import annotations

import argparse

from pilothouse.delivery.charts.cli.template import load_located
from pilothouse.delivery.charts.types import Chart


def located_chart(args: argparse.Namespace, source: str) -> Chart:
    """Return the chart; raises ChartInvalid with helm's words when it is not there."""
    return load_located(source)

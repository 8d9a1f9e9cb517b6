"""The verbs `chart package` and `chart dependency list`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.adapters.package import write_archive
from pilothouse.delivery.charts.cli.template import printable
from pilothouse.delivery.charts.engine.chart.dependencies import requirement_fits
from pilothouse.delivery.charts.engine.chart.loading import missing_dependencies, plain_text
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import PilothouseError


def _load(path: str) -> Chart:
    chart_file = Path(path, "Chart.yaml").resolve()
    if Path(path).is_dir() and not chart_file.is_file():
        raise ChartInvalid(f"unable to detect chart at {chart_file}: open {chart_file}: no such file or directory")
    return load_chart(path)


def _package(path: str, args: argparse.Namespace) -> Path:
    chart = _load(path)
    changes = {k: v for k, v in (("version", args.version), ("appVersion", args.app_version)) if v}
    chart = msgspec.structs.replace(chart, metadata={**chart.metadata, **changes})
    version = str(chart.metadata["version"])
    try:
        parse_version(version)
    except FunctionError as error:
        raise ChartInvalid(str(error)) from None
    missing = missing_dependencies(chart)
    if missing:
        raise ChartInvalid(f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}")
    folder = Path(args.destination)
    folder.mkdir(parents=True, exist_ok=True)
    target = (folder.resolve() if args.destination == "." else folder) / f"{chart.name}-{version}.tgz"
    target.write_bytes(write_archive(chart, SystemClock().now()))
    return target


def run(args: argparse.Namespace) -> int:
    """Run `package`; returns the exit code."""
    try:
        for path in args.charts:
            target = _package(path, args)
            sys.stdout.write(printable(f"Successfully packaged chart and saved it to: {target}\n"))
    except (PilothouseError, OSError) as error:
        message = error.message if isinstance(error, PilothouseError) else str(error)
        sys.stderr.write(f"Error: {printable(message)}\n")
        return 1
    return 0


def _status(chart: Chart, requirement: dict[str, Any], folder: Path) -> str:
    name = requirement.get("name")
    archives = list(folder.glob(f"charts/{name}-*.tgz")) if folder.is_dir() else []
    child = next((c for c in chart.dependencies if c.name == name), None)
    if child is None:
        return "missing"
    if not requirement_fits(requirement, child):
        return "wrong version"
    return "ok" if archives else "unpacked"


def list_dependencies(args: argparse.Namespace) -> int:
    """Run `dependency list`; returns the exit code."""
    try:
        chart = _load(args.chart)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    wanted = [d for d in chart.metadata.get("dependencies") or [] if isinstance(d, dict)]
    if not wanted:
        sys.stdout.write(printable(f"WARNING: no dependencies at {Path(args.chart, 'charts')}\n"))
        return 0
    table = [["NAME", "VERSION", "REPOSITORY", "STATUS"]]
    for item in wanted:
        texts = [plain_text(item.get(key) or "") for key in ("name", "version", "repository")]
        table.append([*texts, _status(chart, item, Path(args.chart))])
    widths = [max(len(row[i]) for row in table) for i in range(4)]
    lines = ("\t".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in table)
    sys.stdout.write(printable("".join(line + "\n" for line in lines) + "\n"))
    return 0

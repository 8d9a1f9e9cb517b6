"""The verb `chart show`: print Chart.yaml, values, readme and CRDs of a chart as `helm show` does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.cli.template import printable
from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.errors import PilothouseError

_TEXTS = (
    "name", "home", "version", "description", "icon", "apiVersion", "condition", "tags", "appVersion", "kubeVersion",
    "type",
)  # fmt: skip
_READMES = ("readme.md", "readme.txt", "readme")


def _maintainers(items: Any) -> list[dict[str, Any]]:
    return [{k: plain_text(m[k]) for k in ("name", "email", "url") if m.get(k)} for m in items or [] if isinstance(m, dict)]


def _dependencies(items: Any) -> list[dict[str, Any]]:
    out = []
    for item in items or []:
        shown = {"name": plain_text(item.get("name") or ""), "repository": plain_text(item.get("repository") or "")}
        for key in ("version", "condition", "alias"):
            if item.get(key):
                shown[key] = plain_text(item[key])
        for key in ("tags", "import-values"):
            if item.get(key):
                shown[key] = item[key]
        if item.get("enabled") is True:
            shown["enabled"] = True  # type: ignore[assignment]
        out.append(shown)
    return out


def chart_yaml(metadata: dict[str, Any]) -> str:
    """Return the normalised Chart.yaml."""
    shown: dict[str, Any] = {k: plain_text(metadata[k]) for k in _TEXTS if metadata.get(k)}
    for key in ("sources", "keywords"):
        if metadata.get(key):
            shown[key] = [plain_text(v) for v in metadata[key]]
    if metadata.get("maintainers"):
        shown["maintainers"] = _maintainers(metadata["maintainers"])
    if metadata.get("dependencies"):
        shown["dependencies"] = _dependencies(metadata["dependencies"])
    if metadata.get("annotations"):
        shown["annotations"] = {k: plain_text(v) for k, v in metadata["annotations"].items()}
    if metadata.get("deprecated") is True:
        shown["deprecated"] = True
    return write_yaml(shown)


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


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns the exit code."""
    try:
        if not Path(args.chart).exists():
            raise ChartInvalid(f'path "{args.chart}" not found')
        text = show_text(load_chart(args.chart), args.what)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
    return 0

"""The verb `chart create`: write the files of a new chart."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.engine.chart.scaffold import scaffold
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.kit.errors import PilothouseError


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns the exit code."""
    root = Path(args.name)
    sys.stdout.write(printable(f"Creating {args.name}\n"))
    sys.stdout.flush()
    try:
        files = scaffold(root.name)
        if (root / "Chart.yaml").exists():
            raise ChartInvalid(f"{root} is a chart already: {root / 'Chart.yaml'} exists")
        for name, text in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Error: {printable(str(error))}\n")
        return 1
    return 0

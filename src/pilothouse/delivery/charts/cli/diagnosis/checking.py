"""The verb `chart check`, and the long form of errors of `chart template`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

import msgspec

from pilothouse.delivery.charts.adapters.codestore import CodeStore, private_folder
from pilothouse.delivery.charts.cli.diagnosis.layers import given_layers
from pilothouse.delivery.charts.cli.inputs import collect_values, given_lookup
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.engine.chart.exact import EXACT, mode_of
from pilothouse.delivery.charts.engine.diagnosis.collect import diagnose
from pilothouse.delivery.charts.engine.diagnosis.origins import chart_layers
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem, problem_text
from pilothouse.delivery.charts.engine.rendering.render import Renderer
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError


def problems_of(chart: Chart, args: argparse.Namespace, name: str, *, unused: bool = False) -> list[Problem]:
    """Return everything wrong with a chart and the values of a command line; raises PilothouseError."""
    values: dict[str, Any] = collect_values(args, exact=(args.numbers or mode_of(chart)) == EXACT)
    version = args.kube_version
    capabilities = Capabilities(kube_version=version if version.startswith("v") else f"v{version}") if version else Capabilities()
    store = CodeStore(chart, private_folder(dict(os.environ)))
    cache = store.open()
    renderer = Renderer(SystemClock().now(), Entropy(), cache, given_lookup(args))
    renderer.numbers = args.numbers
    layers = [*chart_layers(chart), *given_layers(args)]
    release = ReleaseOptions(name, args.namespace)
    found = diagnose(chart, release, values, capabilities, renderer, layers, unused=unused)
    store.save(cache)
    return found


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns 1 when there is an error, or a warning and `--strict`."""
    try:
        found = problems_of(located_chart(args, args.chart), args, args.name, unused=args.unused)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    if args.output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        sys.stdout.write("".join(problem_text(problem) + "\n" for problem in found) + summary(found) + "\n")
    errors = sum(problem.severity == "error" for problem in found)
    return int(bool(errors or (args.strict and found)))


def summary(found: list[Problem]) -> str:
    """Return how many problems there are."""
    errors = sum(problem.severity == "error" for problem in found)
    warnings = len(found) - errors
    if not found:
        return "no problems"
    counts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning")) if count]
    return ", ".join(counts)

"""The verbs that say what is wrong and where values come from: `chart check` and `chart values explain`.

Only argparse is imported here; the engine is imported when a verb runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Verbs = argparse._SubParsersAction[argparse.ArgumentParser]


def add_diagnosis_verbs(
    verbs: _Verbs,
    add_value_flags: Callable[[argparse.ArgumentParser], None],
    add_engine_flags: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add both verbs."""
    check = verbs.add_parser("check", allow_abbrev=False, help="find every problem of a chart and its values at once")
    check.add_argument("chart")
    check.add_argument("-n", "--namespace", default="default")
    add_value_flags(check)
    add_engine_flags(check)
    check.add_argument("--name", default="release-name", help="name of the release")
    check.add_argument("--kube-version", default="")
    check.add_argument("--unused", action="store_true", help="also warn of defaults that no template reads")
    check.add_argument("--strict", action="store_true", help="fail on warnings too")
    check.add_argument("-o", "--output", choices=("text", "json"), default="text")
    check.set_defaults(run=_run_check)
    values = verbs.add_parser("values", allow_abbrev=False, help="say where values come from")
    parts = values.add_subparsers(dest="part", required=True)
    explain = parts.add_parser("explain", allow_abbrev=False, help="show every layer that set or deleted a value")
    explain.add_argument("chart")
    explain.add_argument("path", help="path of the value, such as image.tag; a dot within a name is written as \\.")
    add_value_flags(explain)
    explain.add_argument("-o", "--output", choices=("text", "json"), default="text")
    explain.set_defaults(run=_run_explain)


def _run_check(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.diagnosis.checking import run

    return run(args)


def _run_explain(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.diagnosis.explaining import run

    return run(args)

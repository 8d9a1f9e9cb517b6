"""`pilothouse chart`: template, lint and show charts with the flags and the output of helm.

Only argparse is imported here; the engine is imported when a verb runs.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


class _Ordered(argparse.Action):
    """Collects the value flags in the order given."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        """Append the value."""
        current = list(getattr(namespace, self.dest, None) or [])
        current.append(values)
        setattr(namespace, self.dest, current)


def add_value_flags(parser: argparse.ArgumentParser) -> None:
    """Add -f, --set and the other flags that bring values."""
    parser.add_argument("-f", "--values", action=_Ordered, default=[], metavar="FILE", help="a values file")
    for name in ("set", "set-string", "set-file", "set-json", "set-literal"):
        parser.add_argument(f"--{name}", action=_Ordered, default=[], metavar="KEY=VALUE", help=f"values by --{name}")


def _template(verbs: _Subparsers) -> None:
    parser = verbs.add_parser("template", help="render a chart and print the manifests")
    parser.add_argument("positional", nargs="+", metavar="[NAME] CHART")
    parser.add_argument("-n", "--namespace", default="default")
    add_value_flags(parser)
    parser.add_argument("--name-template", default="")
    parser.add_argument("-g", "--generate-name", action="store_true")
    parser.add_argument("-s", "--show-only", action=_Ordered, default=[])
    parser.add_argument("-a", "--api-versions", action=_Ordered, default=[])
    parser.add_argument("--kube-version", default="")
    parser.add_argument("--output-dir", default="")
    parser.add_argument("--dry-run", nargs="?", const="client", default="client")
    for flag in (
        "include-crds", "skip-crds", "no-hooks", "skip-tests", "is-upgrade", "release-name", "render-subchart-notes",
        "create-namespace", "debug", "skip-schema-validation", "validate", "dependency-update",
    ):  # fmt: skip
        parser.add_argument(f"--{flag}", action="store_true")
    parser.set_defaults(run=_run_template)


def _lint(verbs: _Subparsers) -> None:
    parser = verbs.add_parser("lint", help="examine charts for problems")
    parser.add_argument("charts", nargs="*", default=["."])
    parser.add_argument("-n", "--namespace", default="default")
    add_value_flags(parser)
    parser.add_argument("--kube-version", default="")
    for flag in ("strict", "quiet", "with-subcharts", "skip-schema-validation"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.set_defaults(run=_run_lint)


def _show(verbs: _Subparsers) -> None:
    parser = verbs.add_parser("show", help="print parts of a chart")
    parser.add_argument("what", choices=("all", "chart", "crds", "readme", "values"))
    parser.add_argument("chart")
    parser.add_argument("--jsonpath", default="")
    parser.set_defaults(run=_run_show)


def register(subparsers: _Subparsers) -> None:
    """Add the noun `chart` with its verbs."""
    parser = subparsers.add_parser("chart", help="render, lint and show Helm charts")
    verbs = parser.add_subparsers(dest="verb", required=True)
    _template(verbs)
    _lint(verbs)
    _show(verbs)


def _run_template(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.template import run

    return run(args)


def _run_lint(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.lint import run

    return run(args)


def _run_show(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.show import run

    return run(args)

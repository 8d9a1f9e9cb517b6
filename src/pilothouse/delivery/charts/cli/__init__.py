"""`pilothouse chart`: charts, their releases, repositories and registries, with the flags and the output of helm.

Only argparse is imported here; the engine is imported when a verb runs.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from pilothouse.delivery.charts.cli.diagnosis import add_diagnosis_verbs
from pilothouse.delivery.charts.cli.places import add_place_verbs
from pilothouse.delivery.charts.cli.release import add_release_verbs, add_source_flags
from pilothouse.kit.arguments import Parser

if TYPE_CHECKING:
    _Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]
    _Verbs = argparse._SubParsersAction["ChartParser"]


class _Ordered(argparse.Action):
    """Collects the value flags in the order given."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: str | None = None
    ) -> None:
        """Append the value."""
        current = list(getattr(namespace, self.dest, None) or [])
        current.append(values)
        setattr(namespace, self.dest, current)


class ChartParser(Parser):
    """Parses as helm does: names and flags in any order, its words for an unknown flag, exit code 1."""

    spread = ""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; names left over go to the verb's list of names, unknown flags are refused here."""
        found, extras = super().parse_known_args(args, namespace)
        for extra in extras:
            if extra.startswith("-") or not self.spread:
                self.error(f"unknown flag: {extra}" if extra.startswith("-") else f'unknown command "{extra}"')
            getattr(found, self.spread).append(extra)
        return found, []

    def error(self, message: str) -> NoReturn:
        """Print the message in helm's form and leave with 1."""
        self.exit(1, f"Error: {message}\n")


def add_value_flags(parser: argparse.ArgumentParser) -> None:
    """Add -f, --set and the other flags that bring values."""
    parser.add_argument("-f", "--values", action=_Ordered, default=[], metavar="FILE", help="a values file")
    for name in ("set", "set-string", "set-file", "set-json", "set-literal"):
        parser.add_argument(f"--{name}", action=_Ordered, default=[], metavar="KEY=VALUE", help=f"values by --{name}")


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """Add what helm does not have: exact numbers, and `lookup` without a cluster."""
    parser.add_argument("--numbers", choices=("exact", "helm"), default="", help="whole numbers of values as int64, or as helm's")
    parser.add_argument("--lookup", action=_Ordered, default=[], metavar="PATH", help="answer `lookup` from objects in files")


def _template(verbs: _Verbs) -> None:
    parser = verbs.add_parser("template", allow_abbrev=False, help="render a chart and print the manifests")
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
    add_source_flags(parser)
    parser.add_argument("--kubeconfig", help="kubeconfig file for --dry-run=server")
    parser.add_argument("--kube-context", default="", help="context of the kubeconfig")
    parser.add_argument("--post-renderer", default="", metavar="PROGRAM", help="a program that changes the rendered stream")
    parser.add_argument("--post-renderer-args", action="append", default=[])
    parser.add_argument("--seed", type=int, help="make random values, keys and times the same in every run")
    parser.add_argument("--explain", action="store_true", help="show every problem with its place (always on a terminal)")
    add_engine_flags(parser)
    for flag in (
        "include-crds", "skip-crds", "no-hooks", "skip-tests", "is-upgrade", "release-name", "render-subchart-notes",
        "create-namespace", "debug", "skip-schema-validation", "validate", "dependency-update",
    ):  # fmt: skip
        parser.add_argument(f"--{flag}", action="store_true")
    parser.spread = "positional"
    parser.set_defaults(run=_run_template)


def _lint(verbs: _Verbs) -> None:
    parser = verbs.add_parser("lint", allow_abbrev=False, help="examine charts for problems")
    parser.add_argument("charts", nargs="*")
    parser.add_argument("-n", "--namespace", default="default")
    add_value_flags(parser)
    parser.add_argument("--kube-version", default="")
    for flag in ("strict", "quiet", "with-subcharts", "skip-schema-validation"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.spread = "charts"
    parser.set_defaults(run=_run_lint)


def _show(verbs: _Verbs) -> None:
    parser = verbs.add_parser("show", allow_abbrev=False, help="print parts of a chart")
    parser.add_argument("what", choices=("all", "chart", "crds", "readme", "values"))
    parser.add_argument("chart")
    add_source_flags(parser)
    parser.add_argument("--jsonpath", default="")
    parser.set_defaults(run=_run_show)


def _package(verbs: _Verbs) -> None:
    parser = verbs.add_parser("package", allow_abbrev=False, help="make a chart archive")
    parser.add_argument("charts", nargs="+")
    parser.add_argument("-d", "--destination", default=".")
    parser.add_argument("--version", default="")
    parser.add_argument("--app-version", default="")
    parser.add_argument("-u", "--dependency-update", action="store_true", help="bring missing dependencies first")
    parser.add_argument("--sign", action="store_true", help="write a provenance file too")
    parser.add_argument("--key", default="", help="name of the key")
    parser.add_argument("--keyring", default="", help="file of secret keys")
    parser.add_argument("--passphrase-file", default="", help="file with the key's passphrase, - for standard input")
    parser.spread = "charts"
    parser.set_defaults(run=_run_package)


def _create(verbs: _Verbs) -> None:
    parser = verbs.add_parser("create", allow_abbrev=False, help="write the files of a new chart")
    parser.add_argument("name", help="name of the chart, or the path of its folder")
    parser.set_defaults(run=_run_create)


def _unittest(verbs: _Verbs) -> None:
    parser = verbs.add_parser("unittest", allow_abbrev=False, help="run the test suites of charts (format of helm-unittest)")
    parser.add_argument("charts", nargs="+", metavar="CHART")
    parser.add_argument("-f", "--file", action=_Ordered, default=None, metavar="GLOB", help="suites, below the chart")
    parser.add_argument("-v", "--values", action=_Ordered, default=[], metavar="FILE", help="a values file for every test")
    parser.add_argument("-u", "--update-snapshot", action="store_true", help="keep what is rendered now as the snapshots")
    parser.add_argument("-s", "--with-subchart", type=_switch, nargs="?", const=True, default=True, help="also of subcharts")
    parser.add_argument("-o", "--output-file", default="", metavar="FILE", help="write the results (-: to standard output)")
    parser.add_argument("-t", "--output-type", default="junit", help="junit or json")
    parser.add_argument("-q", "--failfast", action="store_true", help="stop at the first failure")
    parser.add_argument("--strict", action="store_true", help="refuse fields that suites do not have")
    parser.add_argument("--skip-schema-validation", action="store_true")
    parser.add_argument("--seed", type=int, help="make random values and keys the same in every run")
    parser.spread = "charts"
    parser.set_defaults(run=_run_unittest)


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError("true or false")
    return text.lower() == "true"


def register(subparsers: _Subparsers) -> None:
    """Add the noun `chart` with its verbs."""
    parser = subparsers.add_parser("chart", help="install, render, lint and share Helm charts")
    verbs: Any = parser.add_subparsers(dest="verb", required=True, parser_class=ChartParser)
    _template(verbs)
    _lint(verbs)
    _show(verbs)
    _package(verbs)
    _create(verbs)
    _unittest(verbs)
    add_diagnosis_verbs(verbs, add_value_flags, add_engine_flags)
    add_place_verbs(verbs)
    add_release_verbs(verbs, add_value_flags)


def _run_package(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.package import run

    return run(args)


def _run_template(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.again import answered, question_of

    question = question_of(args)
    if question is not None and answered(question):
        return 0
    from pilothouse.delivery.charts.cli.template import run

    return run(args, question)


def _run_lint(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.lint import run

    return run(args)


def _run_create(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.create import run

    return run(args)


def _run_unittest(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.suites import run

    return run(args)


def _run_show(args: argparse.Namespace) -> int:
    from pilothouse.delivery.charts.cli.show import run

    return run(args)

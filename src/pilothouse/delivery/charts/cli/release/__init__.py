"""The verbs of `pilothouse chart` that work on releases, with helm's flags.

Only argparse is imported here; a verb's module is imported when it runs.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import Any

_HERE = "pilothouse.delivery.charts.cli.release"
Run = Callable[[argparse.Namespace], int]


def _lazy(module: str, function: str) -> Run:
    def run(args: argparse.Namespace) -> int:
        found: Run = getattr(importlib.import_module(f"{_HERE}.{module}"), function)
        return found(args)

    return run


def add_cluster_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose a cluster and a namespace."""
    parser.add_argument("--kubeconfig", help="kubeconfig file (default: $KUBECONFIG, then the local instance)")
    parser.add_argument("--kube-context", default="", help="context of the kubeconfig")
    parser.add_argument("-n", "--namespace", default="", help="namespace (default: that of the context)")
    parser.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)


def add_source_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where a chart comes from."""
    parser.add_argument("--version", default="", help="version constraint of a chart from a repository")
    parser.add_argument("--repo", default="", help="URL of the repository to take the chart from")
    parser.add_argument("--devel", action="store_true", help="versions before a release count too")
    for name in ("username", "password", "ca-file", "cert-file", "key-file", "keyring"):
        parser.add_argument(f"--{name}", default="")
    for name in ("plain-http", "insecure-skip-tls-verify", "pass-credentials", "verify"):
        parser.add_argument(f"--{name}", action="store_true")


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=("table", "json", "yaml"), default="table")


def _switches(parser: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        parser.add_argument(f"--{name}", action="store_true")


def _wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", default="5m0s", help="for any single step, as in 1m30s (default: 5m0s)")
    parser.add_argument("--wait", nargs="?", const="watcher", default="hookOnly", help="wait until objects are ready")
    _switches(parser, "wait-for-jobs")


def _change(parser: argparse.ArgumentParser, add_values: Callable[[argparse.ArgumentParser], None]) -> None:
    add_cluster_flags(parser)
    add_source_flags(parser)
    add_values(parser)
    _output(parser)
    _wait(parser)
    parser.add_argument("--dry-run", nargs="?", const="client", default="none", help="none, client or server")
    parser.add_argument("--description", default="")
    parser.add_argument("-l", "--labels", action="append", default=[], metavar="KEY=VALUE", help="labels of the release")
    parser.add_argument("--crds", choices=("create", "apply", "skip"), default="", help="what to do with the chart's crds/")
    parser.add_argument("--post-renderer", default="", metavar="PROGRAM", help="a program that changes the rendered stream")
    parser.add_argument("--post-renderer-args", action="append", default=[])
    parser.add_argument("--numbers", choices=("exact", "helm"), default="", help="whole numbers of values as int64, or as helm's")
    parser.add_argument("--seed", type=int, help="make random values, keys and times the same in every run")
    parser.add_argument("--server-side", nargs="?", const="true", default="auto", help=argparse.SUPPRESS)
    _switches(
        parser, "no-hooks", "hide-secret", "hide-notes", "create-namespace", "take-ownership", "force-conflicts",
        "force-replace", "force", "rollback-on-failure", "atomic", "skip-crds", "render-subchart-notes",
        "skip-schema-validation", "disable-openapi-validation", "dependency-update", "enable-dns",
    )  # fmt: skip


def add_release_verbs(verbs: Any, add_values: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the verbs."""
    parser = verbs.add_parser("install", allow_abbrev=False, help="install a chart as a release")
    parser.add_argument("positional", nargs="*", metavar="[NAME] CHART")
    _change(parser, add_values)
    parser.add_argument("--name-template", default="")
    parser.add_argument("-g", "--generate-name", action="store_true")
    _switches(parser, "replace")
    parser.spread = "positional"
    parser.set_defaults(run=_lazy("changing", "install"))

    parser = verbs.add_parser("upgrade", allow_abbrev=False, help="upgrade a release")
    parser.add_argument("positional", nargs="*", metavar="RELEASE CHART")
    _change(parser, add_values)
    parser.add_argument("-i", "--install", action="store_true", help="install it when it is not there")
    parser.add_argument("--history-max", type=int, default=10, help="revisions to keep (0: all)")
    _switches(parser, "reset-values", "reuse-values", "reset-then-reuse-values", "cleanup-on-fail")
    parser.spread = "positional"
    parser.set_defaults(run=_lazy("changing", "upgrade"))
    _add_changing(verbs)
    _add_reading(verbs)
    _add_differing(verbs.add_parser("diff", help="show what would change"), add_values)


def _differing(parser: argparse.ArgumentParser, function: str) -> None:
    parser.add_argument("-C", "--lines", type=int, default=-1, metavar="N", help="lines around a change (default: all)")
    parser.add_argument("--show-secrets", action="store_true", help="show the values of Secrets")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 when something differs")
    parser.set_defaults(run=_lazy("differing", function))


def _add_differing(parser: argparse.ArgumentParser, add_values: Callable[[argparse.ArgumentParser], None]) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verb = actions.add_parser("upgrade", help="what an upgrade (or install) would change")
    verb.add_argument("release")
    verb.add_argument("chart")
    _change(verb, add_values)
    _switches(verb, "reset-values", "reuse-values", "reset-then-reuse-values")
    verb.add_argument("--against", choices=("live", "release"), default="live", help="live objects, or what the release says")
    _differing(verb, "upgraded")
    verb = actions.add_parser("rollback", help="what a rollback would change")
    verb.add_argument("release")
    verb.add_argument("revision", nargs="?", type=int, default=0)
    verb.add_argument("--against", choices=("live", "release"), default="live")
    _differing(verb, "rolled_back")
    add_cluster_flags(verb)
    verb = actions.add_parser("revision", help="what two revisions of a release differ in")
    verb.add_argument("release")
    verb.add_argument("revision", type=int)
    verb.add_argument("other", nargs="?", type=int, default=0, metavar="REVISION")
    _differing(verb, "revisions")
    add_cluster_flags(verb)
    verb = actions.add_parser("release", help="what two releases differ in")
    verb.add_argument("release")
    verb.add_argument("other", metavar="RELEASE")
    _differing(verb, "releases")
    add_cluster_flags(verb)
    for name in ("rollback", "revision", "release"):
        _switches(actions.choices[name], "no-hooks")


def _add_changing(verbs: Any) -> None:
    parser = verbs.add_parser("rollback", allow_abbrev=False, help="go back to an earlier revision of a release")
    parser.add_argument("release")
    parser.add_argument("revision", nargs="?", type=int, default=0)
    add_cluster_flags(parser)
    _wait(parser)
    parser.add_argument("--dry-run", nargs="?", const="client", default="none")
    parser.add_argument("--description", default="")
    parser.add_argument("--history-max", type=int, default=10)
    parser.add_argument("--numbers", choices=("exact", "helm"), default="", help="whole numbers of values as int64, or as helm's")
    parser.add_argument("--seed", type=int, help="make random values, keys and times the same in every run")
    parser.add_argument("--server-side", nargs="?", const="true", default="auto", help=argparse.SUPPRESS)
    _switches(parser, "no-hooks", "force-conflicts", "force-replace", "force", "cleanup-on-fail")
    parser.set_defaults(run=_lazy("changing", "rollback"))

    parser = verbs.add_parser("uninstall", allow_abbrev=False, help="uninstall releases")
    parser.add_argument("releases", nargs="+")
    add_cluster_flags(parser)
    _wait(parser)
    parser.add_argument("--description", default="")
    parser.add_argument("--cascade", default="background", help="background, foreground or orphan")
    _switches(parser, "dry-run", "no-hooks", "keep-history", "ignore-not-found")
    parser.spread = "releases"
    parser.set_defaults(run=_lazy("changing", "uninstall"))

    parser = verbs.add_parser("test", allow_abbrev=False, help="run the tests of a release, or the suites of a chart's folder")
    parser.add_argument("release", metavar="RELEASE|FOLDER", help="a path with a slash is the folder of a chart")
    add_cluster_flags(parser)
    _wait(parser)
    parser.add_argument("--filter", action="append", default=[], metavar="[!]name=TEST")
    _switches(parser, "logs")
    parser.set_defaults(run=_lazy("changing", "test"))


def _add_reading(verbs: Any) -> None:
    parser = verbs.add_parser("list", allow_abbrev=False, help="list releases")
    add_cluster_flags(parser)
    _output(parser)
    parser.add_argument("-A", "--all-namespaces", action="store_true")
    parser.add_argument("-q", "--short", action="store_true", help="names only")
    parser.add_argument("-a", "--all", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-d", "--date", action="store_true", help="sort by date")
    parser.add_argument("-r", "--reverse", action="store_true")
    parser.add_argument("-m", "--max", type=int, default=256)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("-f", "--filter", default="", help="regular expression of names")
    parser.add_argument("-l", "--selector", default="", help="label selector")
    parser.add_argument("--time-format", default="", help="layout of Go")
    _switches(parser, "no-headers", "deployed", "failed", "pending", "superseded", "uninstalled", "uninstalling")
    parser.set_defaults(run=_lazy("reading", "list_releases"))

    parser = verbs.add_parser("history", allow_abbrev=False, help="list the revisions of a release")
    parser.add_argument("release")
    add_cluster_flags(parser)
    _output(parser)
    parser.add_argument("--max", type=int, default=256)
    _switches(parser, "show-rollback-revision")
    parser.set_defaults(run=_lazy("reading", "history"))

    parser = verbs.add_parser("status", allow_abbrev=False, help="show a release and its objects")
    parser.add_argument("release")
    add_cluster_flags(parser)
    _output(parser)
    parser.add_argument("--revision", type=int, default=0)
    parser.set_defaults(run=_lazy("reading", "status"))

    parser = verbs.add_parser("get", allow_abbrev=False, help="show what is stored of a release")
    parser.add_argument("what", choices=("all", "hooks", "manifest", "metadata", "notes", "values"))
    parser.add_argument("release")
    add_cluster_flags(parser)
    _output(parser)
    parser.add_argument("--revision", type=int, default=0)
    parser.add_argument("-a", "--all", action="store_true", help="computed values too")
    parser.set_defaults(run=_lazy("reading", "get"))

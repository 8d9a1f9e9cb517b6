"""The flags of the verbs on repositories, registries, dependencies and signatures. Only argparse is imported here."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from pilothouse.delivery.charts.cli.release import add_source_flags

_HERE = "pilothouse.delivery.charts.cli"


def _lazy(module: str, function: str) -> Any:
    def run(args: argparse.Namespace) -> int:
        return int(getattr(importlib.import_module(f"{_HERE}.{module}"), function)(args))

    return run


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=("table", "json", "yaml"), default="table")


def add_place_verbs(verbs: Any) -> None:
    """Add the verbs."""
    _add_repo(verbs.add_parser("repo", help="add, list, update, remove and make chart repositories"))
    _add_search(verbs.add_parser("search", help="search the repositories that were added"))
    _add_registry(verbs.add_parser("registry", help="log in to registries"))
    _add_moves(verbs)
    _add_dependency(verbs.add_parser("dependency", help="list, update and build a chart's dependencies"))


def _add_repo(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verb = actions.add_parser("add", help="add a repository")
    verb.add_argument("name")
    verb.add_argument("url")
    add_source_flags(verb)
    for name in ("force-update", "password-stdin", "allow-deprecated-repos", "no-update"):
        verb.add_argument(f"--{name}", action="store_true")
    verb.set_defaults(run=_lazy("repository", "add"))
    verb = actions.add_parser("list", help="list repositories")
    _output(verb)
    verb.set_defaults(run=_lazy("repository", "list_repositories"))
    verb = actions.add_parser("update", help="fetch the newest indexes")
    verb.add_argument("names", nargs="*")
    verb.set_defaults(run=_lazy("repository", "update"))
    verb = actions.add_parser("remove", help="remove repositories")
    verb.add_argument("names", nargs="+")
    verb.set_defaults(run=_lazy("repository", "remove"))
    verb = actions.add_parser("index", help="write the index of a folder of archives")
    verb.add_argument("folder")
    verb.add_argument("--url", default="", help="where the archives will be")
    verb.add_argument("--merge", default="", help="an index whose entries are kept")
    verb.set_defaults(run=_lazy("repository", "index"))


def _add_search(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verb = actions.add_parser("repo", help="search for words in names, descriptions and keywords")
    verb.add_argument("words", nargs="*")
    _output(verb)
    verb.add_argument("--version", default="")
    verb.add_argument("-l", "--versions", action="store_true", help="every version")
    verb.add_argument("--max-col-width", type=int, default=50)
    verb.add_argument("--devel", action="store_true")
    verb.add_argument("--fail-on-no-result", action="store_true")
    verb.set_defaults(run=_lazy("repository", "search_repositories"))


def _add_registry(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verb = actions.add_parser("login", help="keep a name and a password for a registry")
    verb.add_argument("host")
    for name in ("-u", "-p"):
        verb.add_argument(name, f"--{'username' if name == '-u' else 'password'}", default="")
    for name in ("ca-file", "cert-file", "key-file"):
        verb.add_argument(f"--{name}", default="")
    for name in ("password-stdin", "plain-http"):
        verb.add_argument(f"--{name}", action="store_true")
    verb.add_argument("--insecure", action="store_true", dest="insecure_skip_tls_verify")
    verb.set_defaults(run=_lazy("repository", "login"))
    verb = actions.add_parser("logout", help="forget a registry's password")
    verb.add_argument("host")
    verb.set_defaults(run=_lazy("repository", "logout"))


def _add_moves(verbs: Any) -> None:
    verb = verbs.add_parser("pull", allow_abbrev=False, help="download charts")
    verb.add_argument("sources", nargs="+", metavar="CHART")
    add_source_flags(verb)
    verb.add_argument("-d", "--destination", default=".")
    verb.add_argument("--untar", action="store_true")
    verb.add_argument("--untardir", default=".")
    verb.add_argument("--prov", action="store_true", help="the provenance file too")
    verb.spread = "sources"
    verb.set_defaults(run=_lazy("repository", "pull"))
    verb = verbs.add_parser("push", allow_abbrev=False, help="upload a chart archive to a registry")
    verb.add_argument("archive")
    verb.add_argument("remote")
    add_source_flags(verb)
    verb.set_defaults(run=_lazy("repository", "push"))
    verb = verbs.add_parser("verify", allow_abbrev=False, help="check an archive against its provenance file")
    verb.add_argument("archive")
    verb.add_argument("--keyring", default="")
    verb.set_defaults(run=_lazy("repository", "verify"))


def _add_dependency(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list dependencies and whether they are there")
    listing.add_argument("chart", nargs="?", default=".")
    listing.set_defaults(run=_lazy("package", "list_dependencies"))
    for name, text in (("update", "bring the newest charts that fit and lock them"), ("build", "bring what Chart.lock names")):
        verb = actions.add_parser(name, help=text)
        verb.add_argument("chart", nargs="?", default=".")
        add_source_flags(verb)
        verb.add_argument("--skip-refresh", action="store_true", help="use the indexes as they are")
        verb.set_defaults(run=_lazy("package", f"{name}_dependencies"))

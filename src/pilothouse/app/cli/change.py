"""`patch`, `scale`, `label`, `annotate`: small changes to one object."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import targets
from pilothouse.kit.errors import BadRequest

_TYPES = {
    "strategic": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    patch = subparsers.add_parser("patch", help="patch an object")
    patch.add_argument("words", nargs="+", metavar="TYPE NAME")
    patch.add_argument("-p", "--patch", required=True, help="the patch, JSON or YAML")
    patch.add_argument("--type", choices=tuple(_TYPES), default="strategic")
    patch.add_argument("--subresource", default="", help="status or scale")
    patch.set_defaults(run=run_patch)
    scale = subparsers.add_parser("scale", help="set the number of replicas")
    scale.add_argument("words", nargs="+", metavar="TYPE NAME")
    scale.add_argument("--replicas", type=int, required=True)
    scale.set_defaults(run=run_scale)
    for verb in ("label", "annotate"):
        parser = subparsers.add_parser(verb, help=f"set (key=value) or remove (key-) {verb}s".replace("annotates", "annotations"))
        parser.add_argument("words", nargs="+", metavar="TYPE NAME KEY=VALUE ...")
        parser.set_defaults(run=run_mark)
    for parser in subparsers.choices.values():
        add_flags(parser)


def _patch(api: Api, words: list[str], body: Any, content_type: str, subresource: str = "") -> str:
    wanted = targets(api, words)
    if len(wanted) != 1 or not wanted[0][1]:
        raise BadRequest("name exactly one object", fix="TYPE NAME or TYPE/NAME")
    named, name = wanted[0]
    query = {"fieldManager": "pilothouse-cli"}
    api.json("PATCH", named.path(api.namespace, name, subresource), query, body, content_type=content_type)
    return f"{named.group_name}/{name}"


def run_patch(args: argparse.Namespace) -> int:
    """Send the patch."""
    try:
        body = json.loads(args.patch)
    except ValueError:
        import yaml

        try:
            body = yaml.safe_load(args.patch)
        except yaml.YAMLError as error:
            raise BadRequest(f"the patch is neither JSON nor YAML: {' '.join(str(error).split())}") from error
    print(f"{_patch(Api(args), args.words, body, _TYPES[args.type], args.subresource)} patched")
    return 0


def run_scale(args: argparse.Namespace) -> int:
    """Set spec.replicas through the scale subresource."""
    body = {"spec": {"replicas": args.replicas}}
    print(f"{_patch(Api(args), args.words, body, _TYPES['merge'], 'scale')} scaled")
    return 0


def run_mark(args: argparse.Namespace) -> int:
    """Set or remove labels or annotations."""
    marks = [word for word in args.words if "=" in word or word.endswith("-")]
    words = [word for word in args.words if word not in marks]
    if not marks:
        raise BadRequest("no change was named", fix="KEY=VALUE sets, KEY- removes")
    changes: dict[str, str | None] = {}
    for mark in marks:
        key, is_set, value = mark.partition("=")
        changes[key if is_set else mark[:-1]] = value if is_set else None
    field = "labels" if args.command == "label" else "annotations"
    verb = "labeled" if args.command == "label" else "annotated"
    print(f"{_patch(Api(args), words, {'metadata': {field: changes}}, _TYPES['merge'])} {verb}")
    return 0

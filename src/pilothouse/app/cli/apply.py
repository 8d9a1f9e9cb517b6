"""`pilothouse apply` and `pilothouse create`: manifests to the server."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pilothouse.app.cli import output
from pilothouse.app.cli.access import Api, RequestFailed, add_flags
from pilothouse.app.cli.manifests import read_manifests
from pilothouse.app.cli.names import Named, from_manifest
from pilothouse.kit.errors import BadRequest

FIELD_MANAGER = "pilothouse-cli"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    for verb, text in (("apply", "apply manifests from files"), ("create", "create objects from files")):
        parser = subparsers.add_parser(verb, help=text)
        parser.add_argument("-f", "--filename", action="append", required=True, help="file, directory or - for standard input")
        parser.add_argument("-R", "--recursive", action="store_true", help="read directories below too")
        parser.add_argument("-o", "--output", metavar="FORMAT", help="json, yaml or name")
        parser.add_argument("--dry-run", choices=("none", "server"), default="none", help="let the server check, store nothing")
        if verb == "apply":
            parser.add_argument("--force-conflicts", action="store_true", help="take fields over that others manage")
            parser.add_argument("--field-manager", default=FIELD_MANAGER, help="name recorded as the owner of the fields")
        add_flags(parser)
        parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send every manifest, going on after a failure; exit status 1 if one failed."""
    form = output.check_format(args.output)
    api = Api(args)
    manifests = read_manifests(args.filename, recursive=args.recursive)
    if not manifests:
        raise BadRequest("no objects passed", fix="check the files named with -f")
    failures: list[str] = []
    for manifest in manifests:
        try:
            _send(api, args, manifest, form)
        except (RequestFailed, BadRequest) as error:
            name = (manifest.get("metadata") or {}).get("name", "?")
            failures.append(f"{manifest.get('kind')} {name}: {error}")
    if failures:
        raise BadRequest("\n".join(failures))
    return 0


def _send(api: Api, args: argparse.Namespace, manifest: dict[str, Any], form: str) -> None:
    named = from_manifest(api, manifest)
    meta = manifest.get("metadata") or {}
    namespace = str(meta.get("namespace") or api.namespace)
    query = {"fieldValidation": "Strict", **({"dryRun": "All"} if args.dry_run == "server" else {})}
    if args.command == "apply":
        if not meta.get("name"):
            raise BadRequest(f"a {named.kind} to apply needs metadata.name")
        query |= {"fieldManager": args.field_manager, "force": str(args.force_conflicts).lower()}
        path = named.path(namespace, meta["name"])
        body = json.dumps(manifest).encode()
        answer = api.send("PATCH", path, query, body=body, content_type="application/apply-patch+yaml")
        verb = "created" if answer.status == 201 else "applied"
    else:
        query |= {"fieldManager": FIELD_MANAGER}
        answer = api.send(
            "POST", named.path(namespace), query, body=json.dumps(manifest).encode(), content_type="application/json"
        )
        verb = "created"
    _show(answer.read(), named, form, verb + (" (server dry run)" if args.dry_run == "server" else ""))


def _show(body: bytes, named: Named, form: str, verb: str) -> None:
    tree = json.loads(body)
    if form in {"json", "yaml"}:
        output.print_tree(tree, form)
        return
    name = f"{named.group_name}/{tree['metadata']['name']}"
    print(name if form == "name" else f"{name} {verb}")

"""`pilothouse get`: list objects or show one, once or as they change."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from pilothouse.app.cli import output
from pilothouse.app.cli.access import TABLE, Api, add_flags
from pilothouse.app.cli.names import Named, targets


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("get", help="list objects, or show one")
    parser.add_argument("words", nargs="+", metavar="TYPE [NAME ...]", help="pods, deploy/web, po,svc, all")
    parser.add_argument("-o", "--output", metavar="FORMAT", help="json, yaml, wide or name")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="of every namespace")
    parser.add_argument("-l", "--selector", default="", help="label selector: app=web,tier in (a,b)")
    parser.add_argument("--field-selector", default="", help="field selector: status.phase=Running")
    parser.add_argument("-w", "--watch", action="store_true", help="print changes as they come")
    parser.add_argument("--show-labels", action="store_true", help="add a column with the labels")
    parser.add_argument("--no-headers", action="store_true", help="leave the header out")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was asked for."""
    form = output.check_format(args.output)
    api = Api(args)
    wanted = targets(api, args.words)
    if form in {"json", "yaml"}:
        return _print_trees(api, args, wanted, form)
    is_found = False
    for named, name in wanted:
        is_found = _print_table(api, args, named, name, form, is_first=not is_found, many=len(wanted) > 1) or is_found
    if not is_found:
        where = "" if args.all_namespaces or not wanted[0][0].is_namespaced else f" in {api.namespace} namespace"
        print(f"No resources found{where}", file=sys.stderr)
    if args.watch:
        _watch(api, args, *wanted[0], form)
    return 0


def _query(args: argparse.Namespace, name: str) -> dict[str, str]:
    query = {"labelSelector": args.selector, "fieldSelector": args.field_selector} if not name else {}
    return {key: value for key, value in query.items() if value}


def _namespace(api: Api, args: argparse.Namespace) -> str:
    return "" if args.all_namespaces else api.namespace


def _print_trees(api: Api, args: argparse.Namespace, wanted: list[tuple[Named, str]], form: str) -> int:
    found: list[Any] = []
    for named, name in wanted:
        tree = api.json("GET", named.path(_namespace(api, args), name), _query(args, name))
        if name:
            found.append(tree)
        else:
            version = named.root.removeprefix("/apis/").removeprefix("/api/")
            found += [{"apiVersion": version, "kind": named.kind, **item} for item in tree.get("items") or ()]
    is_single = len(wanted) == 1 and bool(wanted[0][1])
    listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": found}
    output.print_tree(found[0] if is_single else listed, form)
    return 0


def _print_table(api: Api, args: argparse.Namespace, named: Named, name: str, form: str, *, is_first: bool, many: bool) -> bool:
    table = api.json("GET", named.path(_namespace(api, args), name), _query(args, name), accept=TABLE)
    if not table.get("rows"):
        return False
    if form == "name":
        for row in table["rows"]:
            print(f"{named.group_name}/{row['object']['metadata']['name']}")
        return True
    with_namespace = args.all_namespaces and named.is_namespaced
    rows = output.table_rows(table, wide=form == "wide", with_namespace=with_namespace, with_labels=args.show_labels)
    if many and not name:
        column = int(with_namespace)
        for row in rows[1:]:
            row[column] = f"{named.group_name}/{row[column]}"
        if not is_first:
            print()
    output.print_rows(rows[1:] if args.no_headers or (name and not is_first) else rows)
    return True


def _watch(api: Api, args: argparse.Namespace, named: Named, name: str, form: str) -> None:
    query = _query(args, name)
    if name:
        query["fieldSelector"] = f"metadata.name={name}"
    listed = api.json("GET", named.path(_namespace(api, args)), query)
    query |= {"watch": "true", "resourceVersion": listed["metadata"]["resourceVersion"]}
    widths: list[int] | None = None
    for line in api.lines(named.path(_namespace(api, args)), query, TABLE):
        event = json.loads(line)
        if event["type"] == "ERROR":
            print(f"error: the watch ended: {event['object'].get('message')}", file=sys.stderr)
            return
        table = event["object"]
        if not table.get("columnDefinitions"):
            table["columnDefinitions"] = _columns(api, named)
        with_namespace = args.all_namespaces and named.is_namespaced
        rows = output.table_rows(table, wide=form == "wide", with_namespace=with_namespace, with_labels=args.show_labels)
        widths = output.print_rows(rows[1:], widths or [len(cell) for cell in rows[0]])


def _columns(api: Api, named: Named) -> list[dict[str, Any]]:
    table = api.json("GET", named.path(), {"limit": "1"}, accept=TABLE)
    columns: list[dict[str, Any]] = table["columnDefinitions"]
    return columns

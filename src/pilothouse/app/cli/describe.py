"""`pilothouse describe`: an object as people read it, then its events."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pilothouse.app.cli import output
from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import Named, targets

_HIDDEN = {"managedFields", "resourceVersion", "selfLink"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("describe", help="show an object, its conditions and events")
    parser.add_argument("words", nargs="+", metavar="TYPE [NAME ...]")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Describe each object."""
    api = Api(args)
    for named, name in targets(api, args.words):
        path = named.path(api.namespace, name)
        tree = api.json("GET", path)
        version = named.root.removeprefix("/apis/").removeprefix("/api/")
        for item in [tree] if name else tree.get("items") or ():
            _describe(api, named, {"apiVersion": version, "kind": named.kind, **item})
    return 0


def _describe(api: Api, named: Named, tree: dict[str, Any]) -> None:
    meta = tree["metadata"]
    lines: list[str] = []
    for title, value in (("Name", meta["name"]), ("Namespace", meta.get("namespace")), ("Kind", tree["kind"])):
        if value:
            lines.append(f"{title + ':':<18}{value}")
    rest = {key: value for key, value in meta.items() if key not in _HIDDEN | {"name", "namespace"}}
    _block("Metadata", rest, lines, 0)
    for key, value in tree.items():
        if key not in {"apiVersion", "kind", "metadata"}:
            _block(_title(key), value, lines, 0)
    sys.stdout.write("\n".join(lines) + "\n")
    _events(api, named, tree)


def _title(key: str) -> str:
    return key[:1].upper() + key[1:]


def _block(title: str, value: Any, lines: list[str], depth: int) -> None:
    pad = "  " * depth
    if isinstance(value, dict) and value:
        lines.append(f"{pad}{title}:")
        for key, child in value.items():
            _block(key if depth else _title(key), child, lines, depth + 1)
    elif isinstance(value, list) and value:
        lines.append(f"{pad}{title}:")
        for item in value:
            if isinstance(item, dict):
                lines.append(f"{pad}  -")
                for key, child in item.items():
                    _block(key, child, lines, depth + 2)
            else:
                lines.append(f"{pad}  - {item}")
    else:
        shown = "<none>" if value in ({}, [], None, "") else value
        lines.append(f"{pad}{title + ':':<{max(2, 17 - len(pad))}} {shown}")


def _events(api: Api, named: Named, tree: dict[str, Any]) -> None:
    meta = tree["metadata"]
    selector = f"involvedObject.kind={named.kind},involvedObject.name={meta['name']},involvedObject.uid={meta.get('uid', '')}"
    path = f"/api/v1/namespaces/{meta.get('namespace') or 'default'}/events"
    events = api.json("GET", path, {"fieldSelector": selector}).get("items") or []
    if not events:
        print("Events:           <none>")
        return
    print("Events:")
    rows = [["  TYPE", "REASON", "COUNT", "LAST SEEN", "FROM", "MESSAGE"]]
    for event in sorted(events, key=lambda item: str(item.get("lastTimestamp") or "")):
        source = (event.get("source") or {}).get("component", "")
        rows.append(
            [f"  {event.get('type', '')}", event.get("reason", ""), str(event.get("count", 1)),
             event.get("lastTimestamp") or "", source, event.get("message", "")]
        )  # fmt: skip
    output.print_rows(rows)

"""`pilothouse app history`."""

from __future__ import annotations

import argparse

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name, add_output


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    add_output(parser, "wide", "id", "json", "yaml")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """List what was deployed; the numbers are what `rollback` takes."""
    app = Cluster(args).application(args.name)
    history = (app.get("status") or {}).get("history") or []
    if args.output in {"json", "yaml"}:
        tables.print_tree(history, args.output)
    elif args.output == "id":
        for entry in history:
            print(entry["id"])
    else:
        rows = [["ID", "DEPLOYED", "REVISION", "BY"]]
        for entry in history:
            revision = str(entry.get("revision") or ",".join(str(each)[:12] for each in entry.get("revisions") or ()))
            by = entry.get("initiatedBy") or {}
            who = "automated" if by.get("automated") else str(by.get("username") or "")
            rows.append([str(entry["id"]), str(entry["deployedAt"]), revision if args.output == "wide" else revision[:12], who])
        tables.print_table(rows)
    return 0

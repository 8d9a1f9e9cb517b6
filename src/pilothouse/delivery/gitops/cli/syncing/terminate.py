"""`pilothouse app terminate-op`."""

from __future__ import annotations

import argparse

from pilothouse.delivery.gitops.cli.connection import Cluster, RequestFailed
from pilothouse.delivery.gitops.cli.flags import add_name
from pilothouse.delivery.gitops.cli.syncing.goals import BUSY


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """End the sync that is under way."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    phase = ((app.get("status") or {}).get("operationState") or {}).get("phase")
    if app.get("operation") and phase not in BUSY:
        cluster.patch(app, {"operation": None})
        print(f"the sync of {args.name} had not begun and is taken back")
        return 0
    if phase not in BUSY:
        raise RequestFailed(f"no sync of {args.name} is under way", fix=f"`pilothouse app get {args.name}` shows the last one")
    cluster.patch(app, [{"op": "replace", "path": "/status/operationState/phase", "value": "Terminating"}], "json")
    print(f"the sync of {args.name} is being ended")
    return 0

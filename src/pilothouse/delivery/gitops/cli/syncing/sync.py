"""`pilothouse app sync`: a sync is asked for, and followed to its end."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.delivery.gitops.cli.connection import App, Cluster, RequestFailed
from pilothouse.delivery.gitops.cli.flags import Pick, add_names, pair, seconds
from pilothouse.delivery.gitops.cli.syncing.operations import Asked, ask, follow_all
from pilothouse.kit.errors import Invalid, NotFound

_OPTIONS = {"server_side": "ServerSideApply=true", "apply_out_of_sync_only": "ApplyOutOfSyncOnly=true", "replace": "Replace=true"}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--revision", default="", help="sync to this revision")
    parser.add_argument("--revisions", action="append", default=[], help="sync the source of the same --source-positions to this")
    parser.add_argument("--source-positions", action="append", type=int, default=[], help="place of a source, from 1 on")
    parser.add_argument("--prune", action="store_true", help="remove what is no longer in the sources")
    parser.add_argument("--dry-run", action="store_true", help="try everything and change nothing")
    parser.add_argument("--force", action="store_true", help="delete and create again what cannot be changed")
    parser.add_argument("--replace", action="store_true", help="replace objects instead of applying them")
    parser.add_argument("--server-side", action="store_true", help="apply server-side (it is always done so)")
    parser.add_argument("--apply-out-of-sync-only", action="store_true", help="apply only what differs")
    parser.add_argument("--sync-option", action="append", default=[], metavar="NAME=VALUE", help="a sync option")
    parser.add_argument("--strategy", choices=("apply", "hook"), default="", help="apply: without hooks")
    parser.add_argument(
        "--resource", action="append", default=[], metavar="GROUP:KIND:NAME", help="only these (* for any, ! but not)"
    )
    parser.add_argument("--info", action="append", default=[], metavar="NAME=VALUE", help="kept with the operation")
    parser.add_argument("--retry-limit", type=int, default=None, help="tries after the first, below zero without end")
    parser.add_argument("--retry-backoff-duration", default="5s", help="wait before the first retry")
    parser.add_argument("--retry-backoff-factor", type=int, default=2, help="by what it grows")
    parser.add_argument("--retry-backoff-max-duration", default="3m0s", help="the longest wait")
    parser.add_argument("--async", dest="is_async", action="store_true", help="do not wait for the end")
    parser.add_argument("--timeout", type=seconds, default=0.0, help="seconds, or 1m30s; 0 waits without end (default)")
    add_names(parser)


def run(args: argparse.Namespace) -> int:
    """Sync the applications."""
    cluster, pick = Cluster(args), Pick(args.resource)
    apps = cluster.chosen(args.names, args.selector)
    asked = [ask(cluster, app, _sync(app, args, pick), retry=_retry(args), info=args.info) for app in apps]
    if args.is_async:
        for each in asked:
            print(f"sync of {each.name} requested")
        return 0
    status = follow_all(cluster, asked, args.timeout, pick.takes)
    return status or _surplus(cluster, asked, args)


def _sync(app: App, args: argparse.Namespace, pick: Pick) -> dict[str, Any]:
    """Return the `sync` of the operation."""
    sync: dict[str, Any] = {"prune": args.prune, **_revisions(app, args)}
    if args.dry_run:
        sync["dryRun"] = True
    if pick.rules:
        sync["resources"] = _resources(app, pick)
    options = [*args.sync_option, *(option for flag, option in _OPTIONS.items() if getattr(args, flag))]
    if options:
        own = (app["spec"].get("syncPolicy") or {}).get("syncOptions") or []
        sync["syncOptions"] = list(dict.fromkeys([*own, *options]))
    if args.strategy or args.force:
        sync["syncStrategy"] = {args.strategy or "hook": {"force": True} if args.force else {}}
    for option in args.sync_option:
        pair(option, "--sync-option")
    return sync


def _revisions(app: App, args: argparse.Namespace) -> dict[str, Any]:
    sources = app["spec"].get("sources") or []
    if not args.revisions and not args.source_positions:
        if args.revision and sources:
            raise Invalid("this application has several sources", fix="--revisions REVISION --source-positions N for each")
        return {"revision": args.revision} if args.revision else {}
    if len(args.revisions) != len(args.source_positions) or any(not 0 < at <= len(sources) for at in args.source_positions):
        raise Invalid(f"give one of --source-positions for each of --revisions, from 1 to {len(sources)}")
    wanted = [str(source.get("targetRevision") or "HEAD") for source in sources]
    for position, revision in zip(args.source_positions, args.revisions, strict=True):
        wanted[position - 1] = revision
    return {"revisions": wanted}


def _resources(app: App, pick: Pick) -> list[dict[str, str]]:
    entries = (app.get("status") or {}).get("resources") or []
    found = [
        {key: each[key] for key in ("group", "kind", "namespace", "name") if each.get(key)}
        for each in entries
        if pick.takes(each)
    ]
    if not found:
        known = ", ".join(f"{each.get('group', '')}:{each['kind']}:{each['name']}" for each in entries[:10]) or "none yet"
        raise NotFound(f"{app['metadata']['name']} has no such resource", fix=f"there are {known}")
    return found


def _retry(args: argparse.Namespace) -> dict[str, Any] | None:
    if args.retry_limit is None:
        return None
    backoff = {
        "duration": args.retry_backoff_duration,
        "factor": args.retry_backoff_factor,
        "maxDuration": args.retry_backoff_max_duration,
    }
    return {"limit": args.retry_limit, "backoff": backoff}


def _surplus(cluster: Cluster, asked: list[Asked], args: argparse.Namespace) -> int:
    """Tell about what should be pruned and was not: as in Argo CD, that is no success."""
    if args.prune or args.dry_run or args.resource:
        return 0
    for each in asked:
        entries = (cluster.application(f"{each.namespace}/{each.name}").get("status") or {}).get("resources") or ()
        count = sum(1 for entry in entries if entry.get("requiresPruning") and entry.get("status") != "Synced")
        if count:
            raise RequestFailed(
                f"{count} resources of {each.name} require pruning", fix=f"`pilothouse app sync {each.name} --prune`"
            )
    return 0

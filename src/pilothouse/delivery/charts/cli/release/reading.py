"""The verbs that read releases: list, history, status, get."""

from __future__ import annotations

import argparse
from typing import Any

import orjson

from pilothouse.api.meta import Tree, name_of, namespace_of, version_of
from pilothouse.delivery.charts.cli.release.session import run_on_cluster, write
from pilothouse.delivery.charts.cli.release.shown import (
    go_time,
    history_row,
    history_table,
    hooks_text,
    list_row,
    metadata_of,
    metadata_text,
    moment,
    release_tree,
    status_text,
    structured,
    table,
)
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.release.actions.bench import Bench
from pilothouse.delivery.charts.release.engine.history import revision_of
from pilothouse.delivery.charts.release.engine.objects import read_objects
from pilothouse.delivery.charts.release.errors import ReleaseRefused
from pilothouse.delivery.charts.release.types import PENDING, Release
from pilothouse.kit.errors import NotFound

_STATES = ("deployed", "failed", "superseded", "uninstalled", "uninstalling")
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
Releases = list[Release]


def _chosen(args: argparse.Namespace, releases: Releases) -> Releases:
    import re2

    if args.filter:
        try:
            pattern = re2.compile(args.filter)
        except re2.error as error:
            raise ReleaseRefused(f"error parsing regexp: {error}") from None
        releases = [release for release in releases if pattern.search(release.name)]
    states = {state for state in _STATES if getattr(args, state)} | (set(PENDING) if args.pending else set())
    if states != {"superseded"}:
        newest: dict[tuple[str, str], Release] = {}
        for release in sorted(releases, key=lambda r: r.version):
            newest[release.namespace, release.name] = release
        releases = list(newest.values())
    return [release for release in releases if not states or release.status in states]


def _ordered(args: argparse.Namespace, releases: Releases) -> Releases:
    if args.date:
        releases.sort(key=lambda r: r.info.last_deployed, reverse=args.reverse)
    else:
        releases.sort(key=lambda r: (r.name, r.namespace), reverse=args.reverse)
    last = args.offset + args.max if args.max > 0 else None
    return releases[args.offset : last]


def _updated(release: Release, layout: str) -> str:
    at = moment(release.info.last_deployed)
    if not layout or at is None:
        return go_time(release.info.last_deployed)
    from pilothouse.delivery.charts.engine.functions.dates.layouts import format_time

    return format_time(at, layout)


def list_releases(args: argparse.Namespace) -> int:
    """Run `list`."""

    async def work(bench: Bench) -> int:
        found = _ordered(args, _chosen(args, await bench.store.list_all(args.selector)))
        if args.short:
            names = [release.name for release in found]
            write("".join(f"{n}\n" for n in names) if args.output == "table" else structured(names, args.output))
            return 0
        rows = [list_row(release, _updated(release, args.time_format)) for release in found]
        if args.output != "table":
            write(structured(rows, args.output))
            return 0
        heads = [] if args.no_headers else [["NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"]]
        lines = heads + [list(row.values()) for row in rows]
        write(table(lines) if lines else "")
        return 0

    return run_on_cluster(args, work)


def history(args: argparse.Namespace) -> int:
    """Run `history`."""

    async def work(bench: Bench) -> int:
        releases = await bench.store.history(args.release)
        revision_of(releases, 0)
        rows = [history_row(release) for release in releases[-args.max :]]
        is_table = args.output == "table"
        write(history_table(rows, has_rollbacks=args.show_rollback_revision) if is_table else structured(rows, args.output))
        return 0

    return run_on_cluster(args, work)


def _title(tree: Tree) -> str:
    return f"{version_of(tree['apiVersion'])}/{tree['kind']}"


async def _resources(bench: Bench, release: Release) -> dict[str, list[Tree]]:
    """Return the live objects of a release by `version/kind`."""
    groups: dict[str, list[Tree]] = {}
    trees = await bench.cluster.known(read_objects(release.manifest))
    for tree, live in zip(trees, await bench.cluster.get_all(trees)):
        if live is not None:
            groups.setdefault(_title(tree), []).append(live)
    return groups


async def _tables(bench: Bench, release: Release) -> str:
    out = ""
    groups: dict[str, list[Tree]] = {}
    for tree in await bench.cluster.known(read_objects(release.manifest)):
        groups.setdefault(_title(tree), []).append(tree)
    for title, trees in groups.items():
        rows: list[list[str]] = []
        for tree in trees:
            kind = await bench.cluster.kind_of(tree)
            try:
                answer = await bench.client.raw("GET", kind.path(namespace_of(tree), name_of(tree)), accept=_TABLE)
            except NotFound:
                continue
            rows = _table_rows(orjson.loads(await answer.read()), rows)
        if rows:
            widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
            lines = ("   ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows)
            out += f"==> {title}\n" + "".join(f"{line}\n" for line in lines) + "\n"
    return out


def _table_rows(found: Any, rows: list[list[str]]) -> list[list[str]]:
    columns = found.get("columnDefinitions") or []
    shown = [index for index, column in enumerate(columns) if not column.get("priority")]
    if not rows:
        rows = [[str(columns[index]["name"]).upper() for index in shown]]
    for row in found.get("rows") or ():
        rows.append(["<none>" if row["cells"][i] is None else str(row["cells"][i]) for i in shown])
    return rows


def status(args: argparse.Namespace) -> int:
    """Run `status`."""

    async def work(bench: Bench) -> int:
        release = revision_of(await bench.store.history(args.release), args.revision)
        if args.output == "table":
            write(status_text(release, resources=await _tables(bench, release)))
        else:
            write(structured(release_tree(release, await _resources(bench, release)), args.output))
        return 0

    return run_on_cluster(args, work)


def _values(args: argparse.Namespace, release: Release) -> str:
    from pilothouse.delivery.charts.release.engine.reuse import computed_values  # brings the whole engine along

    found = computed_values(release) if args.all else release.config
    if args.output == "table":
        return ("COMPUTED VALUES:\n" if args.all else "USER-SUPPLIED VALUES:\n") + write_yaml(found)
    return structured(found, args.output)


def _metadata(args: argparse.Namespace, release: Release) -> str:
    found = metadata_of(release)
    return metadata_text(found) if args.output == "table" else structured(found, args.output)


def get(args: argparse.Namespace) -> int:
    """Run `get`."""
    texts = {
        "all": lambda args, release: status_text(release, is_debug=True, has_metadata=True),
        "hooks": lambda args, release: hooks_text(release),
        "manifest": lambda args, release: f"{release.manifest}\n",
        "metadata": _metadata,
        "notes": lambda args, release: f"NOTES:\n{release.info.notes}\n" if release.info.notes else "",
        "values": _values,
    }

    async def work(bench: Bench) -> int:
        release = revision_of(await bench.store.history(args.release), args.revision)
        write(texts[args.what](args, release))
        return 0

    return run_on_cluster(args, work)

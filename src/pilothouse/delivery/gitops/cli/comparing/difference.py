"""`pilothouse app diff`: what a sync would change, by the controller's own comparison."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import Pick, add_name
from pilothouse.kit.errors import Invalid

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.applications.differences import Difference

_COLORS = {"+": 32, "-": 31, "@": 36}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--revision", default="", help="compare with this revision")
    parser.add_argument("--local", default="", metavar="FOLDER", help="compare with a folder of this machine, as it is now")
    parser.add_argument(
        "--local-repo-root", default="", metavar="FOLDER", help="the folder the sources may read (default: that of --local)"
    )
    parser.add_argument(
        "--resource", action="append", default=[], metavar="GROUP:KIND:NAME", help="only these (* for any, ! but not)"
    )
    parser.add_argument(
        "--exit-code", action=argparse.BooleanOptionalAction, default=True, help="status 1 when there is a difference (default)"
    )
    parser.add_argument("--diff-exit-code", type=int, default=1, metavar="STATUS", help="another status for a difference")
    parser.add_argument("--refresh", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--hard-refresh", action="store_true", help=argparse.SUPPRESS)
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Show the differences; the status is 0 without any, 1 with some, 2 when something fails."""
    cluster, pick = Cluster(args), Pick(args.resource)
    app = cluster.application(args.name)
    if args.local and args.revision:
        raise Invalid("--local and --revision exclude each other")
    found = [each for each in _differences(cluster, app, args) if pick.takes(_entry(each))]
    coloured = tables.is_coloured(sys.stdout)
    for each in found:
        for line in difference_lines(each):
            print(tables.paint(line, _COLORS[line[0]]) if coloured and line[:1] in _COLORS else line)
    return args.diff_exit_code if found and args.exit_code else 0


def _entry(each: Difference) -> dict[str, str]:
    return {"group": each.group, "kind": each.kind, "namespace": each.namespace, "name": each.name}


def _differences(cluster: Cluster, app: Any, args: argparse.Namespace) -> list[Difference]:
    from pilothouse.delivery.gitops.cli.comparing.bench import at_revision, bench, from_folder
    from pilothouse.delivery.gitops.cli.comparing.snapshot import snapshot

    async def compare(wanted: Any) -> list[Difference]:
        async with bench(cluster.access) as at:
            return await at.differences(app, wanted)

    root = Path(args.local_repo_root or args.local)
    with snapshot(root.resolve()) if args.local else nullcontext("") as repository:
        wanted = from_folder(app, repository, _inside(args.local, root)) if args.local else at_revision(app, args.revision)
        return asyncio.run(compare(wanted))


def _inside(folder: str, root: Path) -> str:
    """Return the path of a folder below its root; raises `Invalid` when it is elsewhere."""
    try:
        return Path(folder).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise Invalid(f"{folder} is not below {root}", fix="--local-repo-root is a folder above --local") from None


def difference_lines(each: Difference) -> list[str]:
    """Return a difference as a unified diff of YAML."""
    where = f"{each.namespace}/{each.name}" if each.namespace else each.name
    kind = f"{each.group}/{each.kind}" if each.group else each.kind
    before, after = _text(each.live), _text(each.wanted)
    said = " (would be created)" if each.live is None else " (would be pruned)" if each.wanted is None else ""
    lines = difflib.unified_diff(before, after, "live", "desired", lineterm="")
    return [f"===== {kind} {where}{said} ======", *lines, ""]


def _text(tree: Any) -> list[str]:
    import yaml

    return [] if tree is None else yaml.safe_dump(tree, sort_keys=True, allow_unicode=True).splitlines()

"""The verb `diff`: what an upgrade or a rollback would change, and what two revisions or releases differ in."""

from __future__ import annotations

import argparse

import msgspec

from pilothouse.delivery.charts.cli.release.changing import loaded_chart, options_of, reuse_of
from pilothouse.delivery.charts.cli.release.session import run_on_cluster, write
from pilothouse.delivery.charts.release.actions.bench import Bench
from pilothouse.delivery.charts.release.actions.differences import live_change, stated
from pilothouse.delivery.charts.release.actions.install import install
from pilothouse.delivery.charts.release.actions.upgrade import upgrade
from pilothouse.delivery.charts.release.engine.differences import Difference, diff_objects, differences_text
from pilothouse.delivery.charts.release.engine.history import last_of, revision_of, rollback_target
from pilothouse.delivery.charts.release.types import UNINSTALLED, Release

CHANGES = 2
"""The exit status of --detailed-exitcode when something differs."""


def _shown(args: argparse.Namespace, found: list[Difference]) -> int:
    write(differences_text(found))
    return CHANGES if found and args.detailed_exitcode else 0


def upgraded(args: argparse.Namespace) -> int:
    """Run `diff upgrade`."""

    async def work(bench: Bench) -> int:
        history = await bench.store.history(args.release)
        old = history[-1] if history and history[-1].status != UNINSTALLED else None
        options = msgspec.structs.replace(options_of(args, "skip"), dry_run="server")
        chart, values = loaded_chart(args, args.chart)
        if old is None:
            new = await install(bench, args.release, chart, values, options)
        else:
            new = await upgrade(bench, args.release, chart, values, options, reuse_of(args))
        return _shown(args, await _compared(args, bench, old, new))

    return run_on_cluster(args, work)


async def _compared(args: argparse.Namespace, bench: Bench, old: Release | None, new: Release) -> list[Difference]:
    hooks = not args.no_hooks
    if args.against == "release":
        before, after = await stated(bench, old, hooks=hooks), await stated(bench, new, hooks=hooks)
    else:
        before, after = await live_change(bench, old, new)
    return diff_objects(before, after, context=args.lines, shows_secrets=args.show_secrets)


def rolled_back(args: argparse.Namespace) -> int:
    """Run `diff rollback`."""

    async def work(bench: Bench) -> int:
        history = await bench.store.history(args.release)
        last = last_of(history, args.release)
        return _shown(args, await _compared(args, bench, last, rollback_target(history, args.revision)))

    return run_on_cluster(args, work)


def revisions(args: argparse.Namespace) -> int:
    """Run `diff revision`."""

    async def work(bench: Bench) -> int:
        history = await bench.store.history(args.release)
        first, second = revision_of(history, args.revision), revision_of(history, args.other)
        args.against = "release"
        return _shown(args, await _compared(args, bench, first, second))

    return run_on_cluster(args, work)


def releases(args: argparse.Namespace) -> int:
    """Run `diff release`."""

    async def work(bench: Bench) -> int:
        first, second = [last_of(await bench.store.history(name), name) for name in (args.release, args.other)]
        args.against = "release"
        return _shown(args, await _compared(args, bench, first, second))

    return run_on_cluster(args, work)

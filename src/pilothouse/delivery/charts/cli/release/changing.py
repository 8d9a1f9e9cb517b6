"""The verbs that change releases: install, upgrade, rollback, uninstall, test.

What renders is imported by the functions that render: a rollback works with what is stored.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from pilothouse.delivery.charts.cli.release.session import fail, run_on_cluster, seconds_of, warn, write
from pilothouse.delivery.charts.cli.release.shown import release_tree, status_text, structured
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.release.actions.bench import Bench, CrdPolicy, DryRun, Options
from pilothouse.delivery.charts.release.engine.wishes import Reuse
from pilothouse.delivery.charts.release.errors import ReleaseRefused
from pilothouse.delivery.charts.release.types import UNINSTALLED, Release
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import PilothouseError

_DRY_RUNS: dict[str, DryRun] = {
    "none": "none", "false": "none", "client": "client", "true": "client", "unchanged": "client", "server": "server",
}  # fmt: skip


def _dry_run(text: str) -> DryRun:
    found = _DRY_RUNS.get(text)
    if found is None:
        raise ReleaseRefused(f'invalid dry-run value ("{text}"). Must be "none", "server", or "client"')
    return found


def _labels(groups: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (pair for group in groups for pair in group.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ReleaseRefused(f'invalid argument "{pair}" for "-l, --labels" flag: {pair} must be formatted as key=value')
        found[key] = value
    return found


def _crds(args: argparse.Namespace, default: CrdPolicy) -> CrdPolicy:
    chosen: CrdPolicy = "skip" if args.skip_crds else args.crds or default
    return chosen


def options_of(args: argparse.Namespace, crds: CrdPolicy) -> Options:
    """Return the options of an install or upgrade."""
    from pilothouse.delivery.charts.cli.inputs import post_renderer

    is_atomic = args.rollback_on_failure or args.atomic
    for old, new in (("atomic", "rollback-on-failure"), ("force", "force-replace")):
        if getattr(args, old):
            warn(f"Flag --{old} has been deprecated, use --{new} instead\n")
    if args.server_side == "false":
        warn('level=WARN msg="objects are always applied by the server; fields an older helm wrote are taken over"\n')
    return Options(
        timeout_s=seconds_of(args.timeout),
        wait=args.wait not in ("hookOnly", "false") or is_atomic,
        wait_for_jobs=args.wait_for_jobs,
        no_hooks=args.no_hooks,
        dry_run=_dry_run(args.dry_run),
        hide_secret=args.hide_secret,
        description=args.description,
        labels=_labels(args.labels),
        create_namespace=args.create_namespace,
        replace=getattr(args, "replace", False),
        take_ownership=args.take_ownership,
        force_conflicts=args.force_conflicts,
        force_replace=args.force_replace or args.force,
        rollback_on_failure=is_atomic,
        cleanup_on_fail=getattr(args, "cleanup_on_fail", False),
        history_max=getattr(args, "history_max", 10),
        crds=_crds(args, crds),
        subchart_notes=args.render_subchart_notes,
        skip_schema_validation=args.skip_schema_validation,
        post_render=post_renderer(args.post_renderer, args.post_renderer_args),
        numbers=args.numbers,
        seed=args.seed,
    )


def loaded_chart(args: argparse.Namespace, source: str) -> tuple[Chart, dict[str, Any]]:
    """Return the chart and the values the flags give; raises what is wrong with either."""
    from pilothouse.delivery.charts.cli.inputs import collect_values
    from pilothouse.delivery.charts.cli.source import located_chart
    from pilothouse.delivery.charts.engine.chart.exact import EXACT, mode_of
    from pilothouse.delivery.charts.engine.chart.loading import check_dependencies

    chart = located_chart(args, source)
    values = collect_values(args, exact=(args.numbers or mode_of(chart)) == EXACT)
    if chart.is_library:
        raise ChartInvalid("library charts are not installable")
    check_dependencies(chart)
    if chart.metadata.get("deprecated") is True:
        warn('level=WARN msg="this chart is deprecated"\n')
    return chart, values


def _show(release: Release, args: argparse.Namespace) -> None:
    if args.output == "table":
        write(status_text(release, hide_notes=args.hide_notes))
    else:
        write(structured(release_tree(release), args.output))


def _install_name(args: argparse.Namespace) -> tuple[str, str]:
    names = args.positional
    if not names:
        raise ChartInvalid('"helm install" requires at least 1 argument')
    if len(names) > 2:
        raise ChartInvalid(f"expected at most two arguments, unexpected arguments: {', '.join(names[2:])}")
    if len(names) == 2:
        if args.generate_name:
            raise ChartInvalid("cannot set --generate-name and also specify a name")
        if args.name_template:
            raise ChartInvalid("cannot set --name-template and also specify a name")
        return names[0], names[1]
    if args.name_template:
        from pilothouse.delivery.charts.cli.inputs import release_name

        return release_name(args.name_template), names[0]
    if not args.generate_name:
        raise ChartInvalid("must either provide a name or specify --generate-name")
    base = names[0].rstrip("/").rpartition("/")[2].removesuffix(".tgz").split(":", 1)[0]
    return f"{base if base not in ('.', '') else 'chart'}-{int(SystemClock().now())}", names[0]


def install(args: argparse.Namespace) -> int:
    """Run `install`."""
    from pilothouse.delivery.charts.release.actions import install as action

    try:
        name, source = _install_name(args)
        options = options_of(args, "create")
        chart, values = loaded_chart(args, source)
    except PilothouseError as error:
        return fail(error, "INSTALLATION FAILED: ")

    async def work(bench: Bench) -> int:
        try:
            _show(await action.install(bench, name, chart, values, options), args)
        except PilothouseError as error:
            return _refused(error, args, "INSTALLATION FAILED: ")
        return 0

    return run_on_cluster(args, work, "INSTALLATION FAILED: ")


def _refused(error: PilothouseError, args: argparse.Namespace, prefix: str) -> int:
    """Print a failure, and where a refused object came from."""
    from pilothouse.delivery.charts.cli.diagnosis.rejecting import rejection_text

    code = fail(error, prefix)
    *name, source = args.positional
    warn(rejection_text(error, args, name[0] if name else "release-name", source))
    return code


def reuse_of(args: argparse.Namespace) -> Reuse:
    """Return which values of the release before the flags keep."""
    wishes = (
        (args.reset_values, Reuse.RESET),
        (args.reuse_values, Reuse.REUSE),
        (args.reset_then_reuse_values, Reuse.RESET_THEN_REUSE),
    )
    return next((reuse for is_wanted, reuse in wishes if is_wanted), Reuse.AUTO)


def upgrade(args: argparse.Namespace) -> int:
    """Run `upgrade`, which installs with --install when there is nothing to upgrade."""
    from pilothouse.delivery.charts.release.actions import install as installing
    from pilothouse.delivery.charts.release.actions import upgrade as upgrading

    if len(args.positional) != 2:
        return fail(ChartInvalid('"helm upgrade" requires 2 arguments', fix="pilothouse chart upgrade RELEASE CHART"))
    name, source = args.positional

    async def work(bench: Bench) -> int:
        history = await bench.store.history(name) if args.install else []
        is_new = args.install and (not history or history[-1].status == UNINSTALLED)
        if is_new and args.output == "table":
            write(f'Release "{name}" does not exist. Installing it now.\n')
        args.replace = bool(history)
        options = options_of(args, "create" if is_new else "skip")
        chart, values = loaded_chart(args, source)
        try:
            if is_new:
                _show(await installing.install(bench, name, chart, values, options), args)
                return 0
            release = await upgrading.upgrade(bench, name, chart, values, options, reuse_of(args))
        except PilothouseError as error:
            return _refused(error, args, "" if is_new else "UPGRADE FAILED: ")
        if args.output == "table":
            write(f'Release "{name}" has been upgraded. Happy Helming!\n')
        _show(release, args)
        return 0

    return run_on_cluster(args, work)


def rollback(args: argparse.Namespace) -> int:
    """Run `rollback`."""
    from pilothouse.delivery.charts.release.actions import rollback as action

    async def work(bench: Bench) -> int:
        options = Options(
            timeout_s=seconds_of(args.timeout), wait=args.wait not in ("hookOnly", "false"), wait_for_jobs=args.wait_for_jobs,
            no_hooks=args.no_hooks, dry_run=_dry_run(args.dry_run), description=args.description,
            force_conflicts=args.force_conflicts, force_replace=args.force_replace or args.force,
            cleanup_on_fail=args.cleanup_on_fail, history_max=args.history_max,
        )  # fmt: skip
        await action.rollback(bench, args.release, args.revision, options)
        write("Rollback was a success! Happy Helming!\n")
        return 0

    return run_on_cluster(args, work)


def uninstall(args: argparse.Namespace) -> int:
    """Run `uninstall`."""
    from pilothouse.delivery.charts.release.actions import uninstall as action

    if args.cascade not in ("background", "foreground", "orphan"):
        text = f'invalid cascade value ({args.cascade}). Must be "background", "foreground", or "orphan"'
        return fail(ReleaseRefused(text))

    async def work(bench: Bench) -> int:
        options = Options(
            timeout_s=seconds_of(args.timeout), wait=args.wait not in ("hookOnly", "false"), no_hooks=args.no_hooks,
            dry_run="client" if args.dry_run else "none", description=args.description, keep_history=args.keep_history,
            ignore_not_found=args.ignore_not_found, cascade=args.cascade,
        )  # fmt: skip
        for name in args.releases:
            text = await action.uninstall(bench, name, options)
            write((f"{text}\n" if text else "") + f'release "{name}" uninstalled\n')
        return 0

    return run_on_cluster(args, work)


def test(args: argparse.Namespace) -> int:
    """Run `test`: the tests of a release, or the suites of a chart's folder."""
    if is_chart_folder(args.release):
        return _run_suites(args.release)
    from pilothouse.delivery.charts.release.actions import testing

    filters = [each for group in args.filter for each in group.split(",")]
    only = frozenset(each.removeprefix("name=") for each in filters if each.startswith("name="))
    without = frozenset(each[1:].strip().removeprefix("name=") for each in filters if each.startswith("!"))

    async def work(bench: Bench) -> int:
        options = Options(timeout_s=seconds_of(args.timeout))
        done = await testing.run_tests(bench, args.release, options, only=only, without=without, logs=args.logs)
        write(status_text(done.release, hide_notes=True))
        if args.logs:
            write(f"\n{done.logs}")
        return fail(done.failure) if done.failure is not None else 0

    return run_on_cluster(args, work)


def is_chart_folder(text: str) -> bool:
    """Whether a text names the folder of a chart; a name without a slash is a release."""
    return ("/" in text or text == ".") and os.path.isfile(os.path.join(text, "Chart.yaml"))


def _run_suites(folder: str) -> int:
    from pilothouse.delivery.charts.cli.suites import run

    return run(
        argparse.Namespace(
            charts=[folder], file=None, values=[], update_snapshot=False, with_subchart=True, output_file="", output_type="junit",
            failfast=False, strict=False, skip_schema_validation=False, seed=None,
        )
    )  # fmt: skip

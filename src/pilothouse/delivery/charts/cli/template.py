"""The verb `chart template`: print what `helm template` prints, on both streams, with its exit codes."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.adapters.codestore import CodeStore, private_folder
from pilothouse.delivery.charts.cli.inputs import collect_values, given_lookup, post_renderer, release_name
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.engine.chart.exact import EXACT, mode_of
from pilothouse.delivery.charts.engine.chart.loading import check_dependencies
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.render import Lookup, Renderer, render_chart
from pilothouse.delivery.charts.errors import ChartInvalid, ChartTooLarge, RenderFailed
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions, Rendered
from pilothouse.kit.clock import Entropy, SystemClock, year_start
from pilothouse.kit.errors import PilothouseError

if TYPE_CHECKING:
    from pilothouse.delivery.charts.adapters.answers import Answers

    Live = tuple[Capabilities, Lookup]
    Emit = Callable[[str], Any]

_DEBUG_HINT = "\n\nUse --debug flag to render out invalid YAML"
_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_MAX_NAME = 53


def _name_and_chart(args: argparse.Namespace) -> tuple[str, str]:
    names = args.positional
    if len(names) > 2:
        raise ChartInvalid(f"expected at most two arguments, unexpected arguments: {', '.join(names[2:])}")
    if len(names) == 2:
        return names[0], names[1]
    if args.name_template:
        return release_name(args.name_template), names[0]
    return "release-name", names[0]


def _check_name(name: str, warn: Emit) -> None:
    if re.fullmatch(_NAME, name) and len(name) <= _MAX_NAME:
        return
    reason = (
        f'release name "{name}": invalid release name, must match regex {_NAME} and the length must not be longer than '
        f"{_MAX_NAME}"
    )
    warn(log_line("ERROR", "release name check failed", error=reason) + "\n")
    raise ChartInvalid(f"release name check failed: {reason}")


def _capabilities(args: argparse.Namespace) -> Capabilities:
    versions = tuple(v for group in args.api_versions for v in group.split(","))
    if not args.kube_version:
        return Capabilities(api_versions=versions)
    try:
        parse_version(args.kube_version)
    except FunctionError:
        shown = args.kube_version
        raise ChartInvalid(f"invalid kube version '{shown}': could not parse \"{shown}\" as version") from None
    text = args.kube_version if args.kube_version.startswith("v") else f"v{args.kube_version}"
    return Capabilities(kube_version=text, api_versions=versions)


def _only(rendered: Rendered, args: argparse.Namespace, chart: str) -> str:
    """Return the documents of the files named with --show-only."""
    text = rendered.to_text(
        include_crds=args.include_crds and not args.skip_crds, hooks=not args.no_hooks, skip_tests=args.skip_tests
    )
    documents = re.split(r"(?:^|\s*\n)---\s*", text.strip())
    out: list[str] = []
    for wanted in args.show_only:
        found = False
        for document in documents:
            match = re.search(r"# Source: [^/]+/(.+)", document)
            if match and PurePosixPath(match.group(1)).match(wanted) and match.group(1).count("/") == wanted.count("/"):
                out.append(document)
                found = True
        if not found:
            raise ChartInvalid(f"could not find template {wanted} in chart")
    return "".join(f"---\n{document}\n" for document in out)


def _write_dir(rendered: Rendered, args: argparse.Namespace, name: str, write: Emit) -> None:
    root = Path(args.output_dir)
    folder = root / name if args.release_name else root
    written: set[Path] = set()

    def put(base: Path, source: str, text: str) -> None:
        target = base / source
        target.parent.mkdir(parents=True, exist_ok=True)
        piece = f"---\n# Source: {source}\n{text}\n"
        with target.open("a" if target in written else "w", encoding="utf-8") as stream:
            stream.write(piece)
        written.add(target)
        write(f"wrote {target}\n")

    if args.include_crds and not args.skip_crds:
        for crd in rendered.crds:
            put(root, crd.source, crd.text)
    for manifest in rendered.manifests:
        put(folder, manifest.source, manifest.text)
    if not args.no_hooks:
        for hook in rendered.hooks:
            if not (args.skip_tests and hook.is_test):
                put(folder, hook.source, hook.text)
    write("\n")


def render_time(args: argparse.Namespace) -> float:
    """Return what templates see as the present: with a seed `$SOURCE_DATE_EPOCH`, else the beginning of the year."""
    now = SystemClock().now()
    if args.seed is None:
        return now
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return float(given)
    return year_start(now)


def _debug_lines(args: argparse.Namespace, path: str, chart: Chart) -> list[str]:
    """Return what helm logs of the chart it found, when asked for everything."""

    def count(chart: Chart) -> list[str]:
        text = "number of dependencies in the chart"
        own = log_line("DEBUG", text, chart=chart.name, dependencies=str(len(chart.dependencies)))
        return [own, *(line for child in chart.dependencies for line in count(child))]

    version = log_line("DEBUG", "Original chart version", version=args.version)
    place = Path(path).resolve() if Path(path).exists() else path
    return [version, log_line("DEBUG", "Chart path", path=str(place)), *count(chart)]


def template(
    args: argparse.Namespace, write: Emit, warn: Emit, cache: RenderCache | None = None, live: Live | None = None
) -> bool:
    """Render and print, with the capabilities and objects of a `live` cluster; raises PilothouseError with helm's message.

    Returns whether the same would be printed again: nothing asked for random values or the time.
    """
    name, path = _name_and_chart(args)
    capabilities, lookup = live or (_capabilities(args), given_lookup(args))
    chart = located_chart(args, path)
    if args.debug:
        warn("".join(f"{line}\n" for line in _debug_lines(args, path, chart)))
    values = collect_values(args, exact=(args.numbers or mode_of(chart)) == EXACT)
    if chart.is_library:
        raise ChartInvalid("library charts are not installable")
    check_dependencies(chart)
    _check_name(name, warn)
    release = ReleaseOptions(name, args.namespace, is_upgrade=args.is_upgrade)
    store = CodeStore(chart, private_folder(dict(os.environ)))
    cache = cache or store.open()
    renderer = Renderer(render_time(args), Entropy(args.seed), cache, lookup)
    renderer.numbers = args.numbers
    log: list[str] = []
    try:
        rendered = render_chart(
            chart, release, values, capabilities, renderer, skip_schema=args.skip_schema_validation, log=log,
            post_render=post_renderer(args.post_renderer, args.post_renderer_args),
        )  # fmt: skip
    except (RenderFailed, ChartTooLarge) as error:
        raise RenderFailed(error.message + _DEBUG_HINT) from None
    finally:
        warn("".join(line + "\n" for line in log))
        store.save(cache)
    if args.show_only:
        write(_only(rendered, args, path))
    elif args.output_dir:
        _write_dir(rendered, args, name, write)
    else:
        crds = args.include_crds and not args.skip_crds
        write(rendered.to_text(include_crds=crds, hooks=not args.no_hooks, skip_tests=args.skip_tests))
    return not renderer.asked


class _Printed:
    """Prints, and remembers what."""

    def __init__(self) -> None:
        self.out, self.err = bytearray(), bytearray()

    def put(self, text: str) -> None:
        """Write to standard output."""
        data = text.encode("utf-8", "surrogateescape")
        self.out += data
        sys.stdout.buffer.write(data)

    def warn(self, text: str) -> None:
        """Write to standard error."""
        self.err += text.encode("utf-8", "surrogateescape")
        sys.stderr.write(text)


def run(args: argparse.Namespace, question: Answers | None = None) -> int:
    """Run the verb, and keep the answer to `question`; returns the exit code."""
    printed = _Printed()

    if args.validate:
        sys.stderr.write("Flag --validate has been deprecated, use '--dry-run=server' instead\n")
    if args.validate or args.dry_run == "server":
        return _run_live(args, printed.put)
    try:
        if template(args, printed.put, printed.warn) and question is not None:
            question.keep(bytes(printed.out), bytes(printed.err))
    except PilothouseError as error:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        if args.explain or sys.stderr.isatty():
            sys.stderr.write(_explained(args))
        return 1
    sys.stdout.flush()
    return 0


def _explained(args: argparse.Namespace) -> str:
    """Return the long form of what is wrong, all problems at once; nothing when that cannot be told."""
    from pilothouse.delivery.charts.cli.diagnosis.checking import problems_of
    from pilothouse.delivery.charts.engine.diagnosis.problems import problem_text

    try:
        name, path = _name_and_chart(args)
        found = problems_of(located_chart(args, path), args, name)
    except PilothouseError:
        return ""
    return "".join("\n" + problem_text(problem) for problem in found)


def _run_live(args: argparse.Namespace, put: Emit) -> int:
    """Render with what a cluster is and has."""
    from pilothouse.delivery.charts.cli.release.session import run_on_cluster
    from pilothouse.delivery.charts.release.actions.bench import Bench
    from pilothouse.delivery.charts.release.actions.rendering import cluster_capabilities, live_lookup
    from pilothouse.kit.aio import offload

    async def work(bench: Bench) -> int:
        live: Live = (await cluster_capabilities(bench), live_lookup(bench))
        args.namespace = bench.namespace
        await offload(lambda: template(args, put, sys.stderr.write, None, live))
        sys.stdout.flush()
        return 0

    return run_on_cluster(args, work)

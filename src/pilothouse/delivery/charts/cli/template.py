"""The verb `chart template`: print what `helm template` prints, on both streams, with its exit codes."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.adapters.codestore import CodeStore, private_folder
from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.engine.chart.loading import check_dependencies, read_values
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.engine.merging.strvals import apply_set, merge_maps
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.render import PostRender, Renderer, render_chart
from pilothouse.delivery.charts.errors import ChartInvalid, ChartTooLarge, RenderFailed, ValuesInvalid
from pilothouse.delivery.charts.types import Capabilities, ReleaseOptions, Rendered
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError

if TYPE_CHECKING:
    Emit = Callable[[str], Any]

_DEBUG_HINT = "\n\nUse --debug flag to render out invalid YAML"
_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_MAX_NAME = 53
POST_RENDER_TIMEOUT_S = 300


def read_file(path: str) -> bytes:
    """Return a file named on the command line; raises ValuesInvalid."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ValuesInvalid(f"open {path}: {reason}") from None


def collect_values(args: argparse.Namespace) -> dict[str, Any]:
    """Merge all value flags in helm's order; raises ValuesInvalid."""
    values: dict[str, Any] = {}
    for path in (p for group in args.values for p in group.split(",")):
        try:
            values = merge_maps(values, read_values(read_file(path)))
        except ValuesInvalid as error:
            if str(error).startswith("open "):
                raise
            raise ValuesInvalid(f"failed to parse {path}: {error}") from None
    for flag in ("set-json", "set", "set-string", "set-file", "set-literal"):
        for text in getattr(args, flag.replace("-", "_")):
            apply_set(flag, text, values, lambda path: read_file(path).decode("utf-8", "surrogateescape"))
    return values


def _name_and_chart(args: argparse.Namespace) -> tuple[str, str]:
    names = args.positional
    if len(names) > 2:
        raise ChartInvalid(f"expected at most two arguments, unexpected arguments: {', '.join(names[2:])}")
    if len(names) == 2:
        return names[0], names[1]
    if args.name_template:
        return release_name(args.name_template), names[0]
    return "release-name", names[0]


def post_renderer(program: str, arguments: list[str]) -> PostRender | None:
    """Return what runs a program on the rendered stream, None when there is none."""
    if not program:
        return None

    def run(text: str) -> str:
        try:
            done = subprocess.run(
                [program, *arguments], input=text.encode(), capture_output=True, check=False, timeout=POST_RENDER_TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RenderFailed(f"error while running post render on files: {error}") from None
        if done.returncode or not done.stdout.strip():
            what = done.stderr.decode("utf-8", "replace").strip() or "it printed nothing"
            raise RenderFailed(f"error while running post render on files: {program} ended with {done.returncode}: {what}")
        return done.stdout.decode("utf-8", "replace")

    return run


def release_name(template: str) -> str:
    """Return the name a name template makes; raises ChartInvalid."""
    from pilothouse.delivery.charts.engine.execution.faults import ExecError
    from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
    from pilothouse.delivery.charts.engine.functions import standard_functions
    from pilothouse.delivery.charts.engine.template.parser import ParseError

    templates = TemplateSet(standard_functions(SystemClock().now(), Entropy()), CodeCache(), missing="default")
    try:
        templates.add("name-template", template)
        return templates.execute("name-template", None)
    except (ParseError, ExecError) as error:
        raise ChartInvalid(str(error)) from None


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


def template(args: argparse.Namespace, write: Emit, warn: Emit, cache: RenderCache | None = None) -> None:
    """Render and print; raises PilothouseError with helm's message."""
    name, path = _name_and_chart(args)
    capabilities = _capabilities(args)
    chart = located_chart(args, path)
    values = collect_values(args)
    if chart.is_library:
        raise ChartInvalid("library charts are not installable")
    check_dependencies(chart)
    _check_name(name, warn)
    release = ReleaseOptions(name, args.namespace, is_upgrade=args.is_upgrade)
    store = CodeStore(chart, private_folder(dict(os.environ)))
    cache = cache or store.open()
    renderer = Renderer(SystemClock().now(), Entropy(), cache)
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


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns the exit code."""

    def put(text: str) -> None:
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))

    try:
        template(args, put, sys.stderr.write)
    except PilothouseError as error:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    sys.stdout.flush()
    return 0


def printable(text: str) -> str:
    """Return a message without control characters that could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)

"""What the verbs read from the command line: values, files, names from templates, post-renderers."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts.engine.chart.loading import read_values
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.merging.strvals import apply_set, merge_maps
from pilothouse.delivery.charts.engine.rendering.lookups import SnapshotLookup, read_objects
from pilothouse.delivery.charts.engine.rendering.render import Lookup, PostRender
from pilothouse.delivery.charts.errors import ChartInvalid, RenderFailed, ValuesInvalid
from pilothouse.kit.clock import Entropy, SystemClock

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


def collect_values(args: argparse.Namespace, *, exact: bool = False) -> dict[str, Any]:
    """Merge all value flags in helm's order, `exact` with int64 numbers; raises ValuesInvalid."""
    values: dict[str, Any] = {}
    for path in (p for group in args.values for p in group.split(",")):
        try:
            values = merge_maps(values, read_values(read_file(path), exact=exact))
        except ValuesInvalid as error:
            if str(error).startswith("open "):
                raise
            raise ValuesInvalid(f"failed to parse {path}: {error}") from None
    for flag in ("set-json", "set", "set-string", "set-file", "set-literal"):
        for text in getattr(args, flag.replace("-", "_")):
            apply_set(flag, text, values, lambda path: read_file(path).decode("utf-8", "surrogateescape"))
    return values


def given_lookup(args: argparse.Namespace) -> Lookup | None:
    """Return what answers `lookup` from the snapshots of --lookup, None when there are none; raises ValuesInvalid."""
    if not getattr(args, "lookup", None):
        return None
    objects: list[dict[str, Any]] = []
    for path in args.lookup:
        for file in _snapshots(Path(path)):
            objects += read_objects(read_file(str(file)), str(file))
    return SnapshotLookup(objects)


def _snapshots(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml", ".json") and file.is_file())


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

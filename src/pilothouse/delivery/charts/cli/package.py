"""The verbs `chart package` and `chart dependency`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.adapters.package import write_archive
from pilothouse.delivery.charts.cli.inputs import read_file
from pilothouse.delivery.charts.cli.release.session import fail, write
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.cli.source import bring_missing, credentials_of
from pilothouse.delivery.charts.engine.chart.dependencies import requirement_fits
from pilothouse.delivery.charts.engine.chart.loading import missing_dependencies, plain_text
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import PilothouseError


def _load(path: str) -> Chart:
    chart_file = Path(path, "Chart.yaml").resolve()
    if Path(path).is_dir() and not chart_file.is_file():
        raise ChartInvalid(f"unable to detect chart at {chart_file}: open {chart_file}: no such file or directory")
    return load_chart(path)


def _package(path: str, args: argparse.Namespace) -> Path:
    chart = _load(path)
    changes = {k: v for k, v in (("version", args.version), ("appVersion", args.app_version)) if v}
    chart = msgspec.structs.replace(chart, metadata={**chart.metadata, **changes})
    version = str(chart.metadata["version"])
    try:
        parse_version(version)
    except FunctionError as error:
        raise ChartInvalid(str(error)) from None
    if args.dependency_update:
        bring_missing(Path(path), args)
        chart = msgspec.structs.replace(_load(path), metadata=chart.metadata)
    missing = missing_dependencies(chart)
    if missing:
        raise ChartInvalid(f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}")
    folder = Path(args.destination)
    folder.mkdir(parents=True, exist_ok=True)
    target = (folder.resolve() if args.destination == "." else folder) / f"{chart.name}-{version}.tgz"
    archive = write_archive(chart, SystemClock().now())
    signature = _signature(chart, target.name, archive, args) if args.sign else None
    target.write_bytes(archive)
    if signature is not None:
        target.with_name(f"{target.name}.prov").write_bytes(signature)
    return target


def _signature(chart: Chart, name: str, archive: bytes, args: argparse.Namespace) -> bytes:
    from pilothouse.delivery.charts.repository.adapters.keys import clear_sign
    from pilothouse.delivery.charts.repository.engine.provenance import statement

    passphrase = read_file(args.passphrase_file).decode().rstrip("\r\n") if args.passphrase_file else ""
    ring = Path(args.keyring or Path.home() / ".gnupg" / "secring.gpg")
    return clear_sign(statement(chart.metadata, name, archive), ring, args.key, passphrase)


def run(args: argparse.Namespace) -> int:
    """Run `package`; returns the exit code."""
    try:
        for path in args.charts:
            target = _package(path, args)
            sys.stdout.write(printable(f"Successfully packaged chart and saved it to: {target}\n"))
    except PilothouseError as error:
        return fail(error)
    except OSError as error:
        return fail(ChartInvalid(str(error)))
    return 0


def update_dependencies(args: argparse.Namespace) -> int:
    """Run `dependency update`; returns the exit code."""
    return _bring(args, "update")


def build_dependencies(args: argparse.Namespace) -> int:
    """Run `dependency build`; returns the exit code."""
    return _bring(args, "build")


def _bring(args: argparse.Namespace, how: str) -> int:
    from pilothouse.delivery.charts.repository.dependencies import Bringer

    bringer = Bringer(Path(args.chart), SystemClock(), write, credentials_of(args), refresh=not args.skip_refresh)
    try:
        getattr(bringer, how)()
    except PilothouseError as error:
        return fail(error)
    return 0


def _status(chart: Chart, requirement: dict[str, Any], folder: Path) -> str:
    name = requirement.get("name")
    archives = list(folder.glob(f"charts/{name}-*.tgz")) if folder.is_dir() else []
    child = next((c for c in chart.dependencies if c.name == name), None)
    if child is None:
        return "missing"
    if not requirement_fits(requirement, child):
        return "wrong version"
    return "ok" if archives else "unpacked"


def list_dependencies(args: argparse.Namespace) -> int:
    """Run `dependency list`; returns the exit code."""
    try:
        chart = _load(args.chart)
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    wanted = [d for d in chart.metadata.get("dependencies") or [] if isinstance(d, dict)]
    if not wanted:
        sys.stdout.write(printable(f"WARNING: no dependencies at {Path(args.chart, 'charts')}\n"))
        return 0
    table = [["NAME", "VERSION", "REPOSITORY", "STATUS"]]
    for item in wanted:
        texts = [plain_text(item.get(key) or "") for key in ("name", "version", "repository")]
        table.append([*texts, _status(chart, item, Path(args.chart))])
    widths = [max(len(row[i]) for row in table) for i in range(4)]
    lines = ("\t".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in table)
    sys.stdout.write(printable("".join(line + "\n" for line in lines) + "\n"))
    return 0

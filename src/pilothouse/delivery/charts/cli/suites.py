"""The verb `chart unittest`: run the test suites of charts, in the format of helm-unittest."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.adapters.suitefiles import SuiteFiles, snapshot_path, suite_files
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.suites.reading import SuiteInvalid, read_suites
from pilothouse.delivery.charts.engine.suites.records import Suite, SuiteResult
from pilothouse.delivery.charts.engine.suites.report import FORMATS, Summary, chart_header, suite_text
from pilothouse.delivery.charts.engine.suites.running import Settings, run_suite
from pilothouse.delivery.charts.engine.suites.snapshots import Snapshots, SnapshotsInvalid, read_snapshots
from pilothouse.delivery.charts.errors import ChartInvalid, ValuesInvalid
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import PilothouseError

PATTERNS = ("tests/*_test.yaml", "unittests/*_test.yaml")
"""Where suites are looked for when no -f says so."""


class ChartRun:
    """All suites of one chart."""

    def __init__(self, path: str, args: argparse.Namespace) -> None:
        """Load the chart; raises ChartInvalid."""
        self.path, self.args = path, args
        self.chart: Chart = load_chart(path)
        self.files: SuiteFiles = suite_files(path)
        self.cache = RenderCache()
        self.settings = Settings(
            SystemClock().now, fail_fast=args.failfast, skip_schema=args.skip_schema_validation, seed=args.seed
        )  # fmt: skip

    def run(self, write: Summary) -> bool:
        """Run the suites and print what came of them; returns whether all passed."""
        patterns = self.args.file or PATTERNS
        suites = self.suites(self.chart, self.chart.name, "", patterns)
        if not suites:
            raise ChartInvalid(f"no test suites in {self.path}", fix=f"looked for {', '.join(patterns)}; name others with -f")
        _say(self.args, chart_header(self.chart.name, self.path))
        passed = True
        for suite in suites:
            result = suite if isinstance(suite, SuiteResult) else self.one(suite)
            write.suites.append(result)
            _say(self.args, suite_text(result))
            passed = passed and result.status not in ("failed", "errored")
            if not passed and self.args.failfast:
                break
        return passed

    def suites(self, chart: Chart, route: str, inner: str, patterns: tuple[str, ...]) -> list[Suite | SuiteResult]:
        """Return the suites of a chart and of its enabled subcharts; a file that cannot be read is a failed result."""
        found: list[Suite | SuiteResult] = []
        for file in self.files.find(inner, patterns):
            try:
                text = self.files.read(file).decode("utf-8", "replace")
                found += read_suites(text, file, route, strict=self.args.strict)
            except SuiteInvalid as problem:
                found.append(SuiteResult("", file, "errored", error=str(problem)))
        if self.args.with_subchart:
            for child in process_dependencies(chart, {}, []).dependencies:
                below = f"charts/{child.name}"
                found += self.suites(child, f"{route}/{below}", f"{inner}/{below}" if inner else below, patterns)
        return found

    def one(self, suite: Suite) -> SuiteResult:
        """Run one suite and keep its new snapshots."""
        place = snapshot_path(suite.file, suite.snapshot_id)
        try:
            kept = read_snapshots(self.files.read(place).decode("utf-8", "replace"), place) if self.files.exists(place) else {}
            snapshots = Snapshots(kept, update=self.args.update_snapshot)
            extra = tuple(str(Path(path).resolve()) for path in self.args.values)
            result = run_suite(self.chart, suite, snapshots, self.reader(suite, extra), self.cache, self.settings, extra)
            text = None if result.status == "skipped" else snapshots.file()
            if text is not None:
                self.files.write(place, text)
        except (SnapshotsInvalid, ValuesInvalid) as problem:
            return SuiteResult(suite.name, suite.file, "errored", error=str(problem))
        return result

    def reader(self, suite: Suite, extra: tuple[str, ...]) -> ReadBeside:
        """Return what reads the values files of a suite."""
        return ReadBeside(self.files, suite.file, extra)


class ReadBeside:
    """Reads files by their path from a suite, and those of the command line."""

    def __init__(self, files: SuiteFiles, suite: str, extra: tuple[str, ...]) -> None:
        self.files, self.suite, self.extra = files, suite, extra

    def __call__(self, path: str) -> bytes:
        """Return a file; raises ValuesInvalid."""
        if path in self.extra:
            try:
                return Path(path).read_bytes()
            except OSError as error:
                raise ValuesInvalid(f"open {path}: {(error.strerror or 'cannot be read').lower()}") from None
        return self.files.read(path, self.suite)


def _say(args: argparse.Namespace, text: str) -> None:
    (sys.stderr if args.output_file == "-" else sys.stdout).write(printable(text))


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns 1 when something failed."""
    kind = args.output_type.lower()
    if kind not in FORMATS:
        sys.stderr.write(f"Error: output type {args.output_type!r} is not known; use one of {', '.join(FORMATS)}\n")
        return 1
    start = SystemClock().now()
    summary = Summary()
    passed = True
    for path in args.charts:
        try:
            good = ChartRun(os.path.normpath(path), args).run(summary)
            summary.charts.append("passed" if good else "failed")
        except PilothouseError as error:
            good = False
            summary.charts.append("errored")
            _say(args, f"\n### Error:  {error}\n\n")
        passed = passed and good
        if not good and args.failfast:
            break
    _say(args, summary.text(SystemClock().now() - start))
    return 0 if _write_report(args, FORMATS[kind](summary.suites)) and passed else 1


def _write_report(args: argparse.Namespace, text: str) -> bool:
    if args.output_file == "-":
        sys.stdout.write(text)
    elif args.output_file:
        try:
            Path(args.output_file).write_text(text, encoding="utf-8", errors="replace")
        except OSError as error:
            sys.stderr.write(f"Error: open {args.output_file}: {(error.strerror or 'cannot be written').lower()}\n")
            return False
    return True

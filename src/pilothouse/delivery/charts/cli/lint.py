"""The verb `chart lint`: load, render in lint mode, and report findings as `helm lint` does."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts.adapters.archive import read_archive
from pilothouse.delivery.charts.adapters.folders import read_chart_files
from pilothouse.delivery.charts.cli.inputs import collect_values
from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.engine.chart import lintrules as rules
from pilothouse.delivery.charts.engine.chart.loading import chart_from_files, yaml_text
from pilothouse.delivery.charts.engine.functions.markup import read_as, yaml_error
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.merging.schema import own_problem
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.manifests import split_documents
from pilothouse.delivery.charts.engine.rendering.render import Renderer, render_texts
from pilothouse.delivery.charts.engine.values.quote import go_quote
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError

Files = dict[str, bytes]


class Linter:
    """Collects the findings of one chart folder."""

    def __init__(
        self, path: str, shown: str, files: Files, args: argparse.Namespace, values: dict[str, Any], log: list[str]
    ) -> None:
        self.path = path
        self.shown = shown
        self.files = files
        self.args = args
        self.values = values
        self.findings: list[rules.Finding] = []
        self.log = log
        version = args.kube_version or Capabilities().kube_version
        self.capabilities = Capabilities(kube_version=version if version.startswith("v") else f"v{version}")

    def run(self) -> list[rules.Finding]:
        """Return all findings in helm's order."""
        self._metadata()
        self._values()
        chart = self._templates()
        self._dependencies(chart)
        self._crds()
        return self.findings

    def _add(self, severity: str, place: str, message: str) -> None:
        self.findings.append((severity, place, message))

    def _metadata(self) -> None:
        try:
            metadata = read_as(yaml_text(self.files["Chart.yaml"]), dict, "v2.Metadata")
            chart_from_files({"Chart.yaml": self.files["Chart.yaml"]})
        except YamlError as error:
            self._add(rules.ERROR, "Chart.yaml", f"unable to parse YAML\n\t{yaml_error(error)}")
            return
        except ChartInvalid as error:
            if error.message.startswith("cannot load Chart.yaml: "):
                text = error.message.removeprefix("cannot load Chart.yaml: ")
                self._add(rules.ERROR, "Chart.yaml", f"unable to parse YAML\n\t{text}")
                return
        self.findings += rules.chart_findings(metadata)

    def _values(self) -> None:
        data = self.files.get("values.yaml")
        if data is None:
            self._add(rules.INFO, "values.yaml", "file does not exist")
            return
        try:
            values = read_as(yaml_text(data), dict, "common.Values")
        except YamlError as error:
            self._add(rules.ERROR, "values.yaml", f"unable to parse YAML: {yaml_error(error)}")
            return
        schema = self.files.get("values.schema.json")
        if schema is not None and not self.args.skip_schema_validation:
            whole = Chart(metadata={"name": ""}, values=values)
            problem = own_problem(schema, coalesce_values(whole, self.values, []))
            if problem:
                self._add(rules.ERROR, "values.yaml", problem.removesuffix("\n") if problem[0] != "-" else problem)

    def _templates(self) -> Chart | None:
        if not any(name.startswith("templates/") for name in self.files) and not Path(self.path, "templates").is_dir():
            self._add(rules.WARNING, "templates/", "directory does not exist")
            return self._load(report=False)
        chart = self._load(report=True)
        if chart is None:
            return None
        renderer = Renderer(SystemClock().now(), Entropy(), RenderCache(), lint=True)
        release = ReleaseOptions("test-release", self.args.namespace)
        skip = self.args.skip_schema_validation
        try:
            texts = render_texts(chart, release, self.values, self.capabilities, renderer, skip_schema=skip, log=self.log)
        except PilothouseError as error:
            self._add(rules.ERROR, "templates/", error.message)
            return chart
        for file in chart.templates:
            self._file(file.name, texts.get(f"{chart.name}/{file.name}", ""))
        return chart

    def _load(self, *, report: bool) -> Chart | None:
        try:
            return chart_from_files(self.files, read_archive)
        except PilothouseError as error:
            if report and error.message != "unsupported chart version":
                self._add(rules.ERROR, "templates/", error.message)
            return None

    def _file(self, name: str, text: str) -> None:
        finding = rules.extension_finding(name)
        if finding is not None:
            self.findings.append(finding)
        if not name.endswith((".yaml", ".yml")) or not text.strip():
            return
        first = next(line for line in text.splitlines() if line.strip())
        if first.startswith((" ", "\t")):
            message = f"document starts with an illegal indent: {go_quote(first)}, which may cause parsing problems"
            self._add(rules.WARNING, name, message)
        for document in re.split(r"^---[^\n]*\n?", text, flags=re.MULTILINE):
            try:
                head = read_yaml(document)
            except YamlError as error:
                self._add(rules.ERROR, name, f"unable to parse YAML: {yaml_error(error)}")
                return
            if isinstance(head, dict):
                self.findings += rules.object_findings(name, head, document, self.capabilities.kube_version)

    def _dependencies(self, chart: Chart | None) -> None:
        if chart is None:
            try:
                chart = chart_from_files(self.files, read_archive)
            except PilothouseError as error:
                if error.message != "unsupported chart version":
                    self._add(rules.ERROR, "", f"unable to load chart\n\t{error.message}")
                return
        wanted = {str(d.get("name")) for d in chart.metadata.get("dependencies") or [] if isinstance(d, dict)}
        present = {child.name for child in chart.dependencies}
        folder = str(Path(self.path).resolve())
        if wanted - present:
            names = ",".join(sorted(wanted - present))
            self._add(rules.WARNING, folder, f"chart directory is missing these dependencies: {names}")
        if present - wanted:
            names = ",".join(sorted(present - wanted))
            self._add(rules.ERROR, folder, f"chart metadata is missing these dependencies: {names}")

    def _crds(self) -> None:
        for name in sorted(n for n in self.files if n.startswith("crds/") and n.endswith((".yaml", ".yml"))):
            for document in split_documents(self.files[name].decode("utf-8", "replace")):
                try:
                    head = read_yaml(document)
                except YamlError as error:
                    self._add(rules.ERROR, name, f"unable to parse YAML: {yaml_error(error)}")
                    break
                if isinstance(head, dict):
                    self.findings += rules.crd_findings(name, head)


def _folders(path: str, args: argparse.Namespace) -> Iterator[str]:
    yield path
    charts = Path(path, "charts")
    if args.with_subcharts and charts.is_dir():
        for child in sorted(charts.iterdir()):
            if child.is_dir() and (child / "Chart.yaml").is_file():
                yield from _folders(str(child), args)


def _lint_one(path: str, args: argparse.Namespace, values: dict[str, Any], log: list[str]) -> list[rules.Finding] | str:
    root = Path(path)
    if root.is_file():
        with tempfile.TemporaryDirectory() as name:
            return Linter(name, path, read_chart_files(root), args, values, log).run()
    if not (root / "Chart.yaml").is_file():
        where = f"{path}/Chart.yaml"
        return f"Error unable to check Chart.yaml file in chart: stat {where}: no such file or directory"
    return Linter(path, path, read_chart_files(root), args, values, log).run()


def _report(path: str, found: list[rules.Finding] | str, args: argparse.Namespace) -> tuple[str, bool]:
    if isinstance(found, str):
        return f"==> Linting {path}\n{found}\n\n", True
    bad = (rules.ERROR, rules.WARNING) if args.strict else (rules.ERROR,)
    failed = any(severity in bad for severity, _, _ in found)
    shown = [f for f in found if not args.quiet or f[0] != rules.INFO]
    if args.quiet and not shown:
        return "", failed
    lines = "".join(f"[{severity}] {place}: {message}\n" for severity, place, message in shown)
    return f"==> Linting {path}\n{lines}\n", failed


def run(args: argparse.Namespace) -> int:
    """Run the verb; returns the exit code."""
    total = failures = 0
    try:
        values = collect_values(args)
        for chart in args.charts or ["."]:
            for path in _folders(chart, args):
                log: list[str] = []
                text, failed = _report(path, _lint_one(path, args, values, log), args)
                sys.stderr.write("".join(printable(line) + "\n" for line in log))
                sys.stdout.write(printable(text))
                total += 1
                failures += failed
    except PilothouseError as error:
        sys.stderr.write(f"Error: {printable(error.message)}\n")
        return 1
    summary = f"{total} chart(s) linted, {failures} chart(s) failed\n"
    if failures:
        sys.stdout.flush()
        sys.stderr.write(f"Error: {summary}")
        return 1
    if not args.quiet:
        sys.stdout.write(summary)
    return 0

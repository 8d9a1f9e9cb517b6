"""Run a suite: render each test, ask its assertions, and gather what came of it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import msgspec

from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.suites.asserting import KINDS
from pilothouse.delivery.charts.engine.suites.asserting.asked import Asked, error
from pilothouse.delivery.charts.engine.suites.choosing import Files, NotChosen, documents_for, names_for
from pilothouse.delivery.charts.engine.suites.documents import RAW, read_documents
from pilothouse.delivery.charts.engine.suites.paths import PathInvalid
from pilothouse.delivery.charts.engine.suites.records import (
    Assertion,
    AssertResult,
    Case,
    CaseResult,
    Situation,
    Suite,
    SuiteResult,
)
from pilothouse.delivery.charts.engine.suites.rendering import (
    ReadFile,
    SuiteRenderer,
    TemplateFailed,
    crds_of,
    render_case,
)
from pilothouse.delivery.charts.engine.suites.snapshots import Snapshots
from pilothouse.delivery.charts.engine.yaml.reader import YamlError
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import PilothouseError


class Settings(msgspec.Struct, frozen=True):
    """How suites are run. `now` gives the present, for durations and for the templates."""

    now: Callable[[], float]
    seed: int | None = None
    fail_fast: bool = False
    skip_schema: bool = False


class Rendering(msgspec.Struct, frozen=True):
    """What a test's chart rendered to: documents by file, or why it did not."""

    files: Files
    succeeded: bool = True
    error: str | None = None
    """A failure that no template caused."""


class CaseErrored(Exception):
    """A test cannot be judged; the message says why."""


def run_suite(
    chart: Chart,
    suite: Suite,
    snapshots: Snapshots,
    read: ReadFile,
    cache: RenderCache,
    settings: Settings,
    values: tuple[str, ...] = (),
) -> SuiteResult:
    """Run all tests of a suite; `values` are more files of values below those of the tests."""
    suite = msgspec.structs.replace(suite, values=(*suite.values, *values))
    if suite.skip:
        return SuiteResult(suite.name, suite.file, "skipped", tuple(_skipped(case, suite.skip) for case in suite.cases))
    results: list[CaseResult] = []
    for case in suite.cases:
        run = _Run(chart, suite, case, snapshots, read, cache, settings)
        results.append(run.result())
        if settings.fail_fast and results[-1].status in ("failed", "errored"):
            break
    states = {result.status for result in results}
    status = "failed" if states & {"failed", "errored"} else "skipped" if states == {"skipped"} else "passed"
    return SuiteResult(suite.name, suite.file, status, tuple(results), snapshots=snapshots.count())


def _skipped(case: Case, reason: str) -> CaseResult:
    return CaseResult(case.name, "skipped", error=reason, line=case.line)


class _Run:
    """One test of a suite."""

    def __init__(
        self, chart: Chart, suite: Suite, case: Case, snapshots: Snapshots, read: ReadFile, cache: RenderCache, settings: Settings
    ) -> None:
        self.chart, self.suite, self.case, self.snapshots = chart, suite, case, snapshots
        self.read, self.cache, self.settings = read, cache, settings
        self.situation: Situation = case.situation.over(suite.situation)

    def result(self) -> CaseResult:
        """Run the test."""
        case = self.case
        if case.skip:
            return _skipped(case, case.skip)
        start = self.settings.now()
        try:
            rendering = self.rendering()
        except CaseErrored as problem:
            return CaseResult(case.name, "errored", (), str(problem), self.settings.now() - start, case.line)
        found: list[AssertResult] = []
        for number, assertion in enumerate(case.asserts):
            found.append(self.asserted(number, assertion, rendering))
            if self.settings.fail_fast and not found[-1].passed:
                break
        return CaseResult(case.name, _status(found), tuple(found), "", self.settings.now() - start, case.line)

    def rendering(self) -> Rendering:
        wants_success = all(KINDS[one.kind].wants_success for one in self.case.asserts)
        renderer = SuiteRenderer(self.settings.now(), Entropy(self.settings.seed), self.cache, self.situation.objects)
        try:
            texts = render_case(self.chart, self.suite, self.case, self.situation, renderer, self.read,
                                skip_schema=self.settings.skip_schema)  # fmt: skip
        except TemplateFailed as failure:
            if wants_success:
                raise CaseErrored(failure.message) from None
            return self.failed(failure)
        except PilothouseError as failure:
            if wants_success:
                raise CaseErrored(failure.message) from None
            return Rendering({}, False, failure.message)
        if self.suite.include_crds:
            texts = {**texts, **crds_of(self.chart, self.chart.name)}
        return Rendering(_files(texts))

    def failed(self, failure: TemplateFailed) -> Rendering:
        """Return the message of a failed template as the document of its file; one in a partial counts for all of the suite."""
        file, message = failure.place_and_message()
        if not file:
            return Rendering({}, False, failure.text)
        if posixpath.basename(file).startswith("_"):
            names = names_for(self.case.asserts[0], (), self.suite.templates, self.suite.route, ())
        else:
            names = [file]
        return Rendering({name: [{RAW: message}] for name in names}, False)

    def asserted(self, number: int, assertion: Assertion, rendering: Rendering) -> AssertResult:
        bound = msgspec.structs.replace(
            assertion,
            index=assertion.index if self.case.index is None else self.case.index,
            selector=assertion.selector or self.case.selector,
        )
        names = names_for(bound, self.case.templates, self.suite.templates, self.suite.route, rendering.files)
        try:
            chosen = documents_for(bound, names, rendering.files)
        except (NotChosen, PathInvalid) as problem:
            return _answer(number, assertion, error(str(problem)))
        except RecursionError:
            return _answer(number, assertion, error("the document is nested too deeply"))
        if not chosen and bound.selector is not None and bound.selector.skip_empty:
            return msgspec.structs.replace(_answer(number, assertion, []), skipped=True)
        lines: list[str] = []
        for name in sorted(chosen) or [""]:
            try:
                found = self.problems(assertion, name, rendering, chosen)
            except RecursionError:
                found = error("the document or the expected value is nested too deeply")
            lines += [f"Template:\t{name}", *found] if found and name else found
        return _answer(number, assertion, lines)

    def problems(self, assertion: Assertion, name: str, rendering: Rendering, chosen: Files) -> list[str]:
        kind = KINDS[assertion.kind]
        if kind.wants_success and not rendering.succeeded:
            texts = [str(document.get(RAW)) for document in rendering.files.get(name, [])]
            return error(f"Invalid rendering: {texts[0]}" if texts else rendering.error or "rendered manifest is empty")
        if not kind.wants_success and rendering.succeeded:
            return error("the template did not fail")
        if name and kind.wants_success and name not in rendering.files:
            return error(f'template "{name}" not exists or not selected in test suite')
        return kind.check(
            Asked(
                assertion.params, chosen.get(name, []), rendering.files.get(name, []), assertion.is_not != kind.antonym,
                self.snapshots, self.case.name, rendering.error,
            )
        )  # fmt: skip


def _status(found: list[AssertResult]) -> str:
    if not all(one.passed for one in found):
        return "failed"
    return "skipped" if all(one.skipped for one in found) else "passed"


def _answer(number: int, assertion: Assertion, lines: list[str]) -> AssertResult:
    return AssertResult(number, assertion.kind, assertion.is_not, not lines, tuple(lines), assertion.line)


def _files(texts: dict[str, str]) -> Files:
    files: Files = {}
    for name, text in texts.items():
        if name.endswith((".yaml", ".yml", ".tpl")):
            try:
                files[name] = list(read_documents(text))
            except YamlError as problem:
                raise CaseErrored(f"{name} does not render to YAML: {problem}") from None
        elif name.endswith(".txt"):
            files[name] = [{RAW: text}]
    return files

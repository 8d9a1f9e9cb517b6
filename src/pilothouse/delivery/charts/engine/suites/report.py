"""Show results: on a terminal as helm-unittest does, with the place of every failed assertion, and as JUnit XML or JSON."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape, quoteattr

import msgspec

from pilothouse.delivery.charts.engine.suites.records import AssertResult, CaseResult, SuiteResult

_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LABELS = {"passed": " PASS ", "failed": " FAIL ", "errored": " FAIL ", "skipped": " SKIP "}


def chart_header(name: str, path: str) -> str:
    """Return what stands above the suites of a chart."""
    return f"\n### Chart [ {name} ] {path}\n\n"


def suite_text(result: SuiteResult) -> str:
    """Return the lines of a suite: its title, and what did not pass."""
    folder, name = posixpath.split(result.file)
    out = [f"{_LABELS[result.status]} {result.name}\t{folder + '/' if folder else ''}{name}"]
    if result.error:
        out += ["\t- Execution Error: ", *_indented(result.error, "\t\t"), ""]
    for case in result.cases:
        out += _case(case, result.file)
    return "\n".join(out) + "\n"


def _case(case: CaseResult, file: str) -> list[str]:
    if case.status == "passed":
        return []
    if case.status == "skipped":
        return [f"\t- SKIPPED '{case.name}'" + (f": {case.error}" if case.error else "")]
    if case.status == "errored":
        place = f"\t\t--> {file}:{case.line}" if case.line else ""
        return [f"\t- {case.name}", *([place] if place else []), *_indented(f"Error: {case.error}", "\t\t"), ""]
    out = [f"\t- {case.name}", ""]
    for one in case.asserts:
        if not one.passed:
            out += [f"\t\t{headline(one)}", f"\t\t\t--> {file}:{one.line}", *(f"\t\t\t{line}" for line in one.lines), ""]
    return out


def headline(one: AssertResult) -> str:
    """Return the first line of a failed assertion."""
    return f"- asserts[{one.number}]{' NOT' if one.is_not else ''} `{one.kind}` fail"


def _indented(text: str, margin: str) -> list[str]:
    return [f"{margin}{line}" for line in text.split("\n")]


class Summary:
    """The counts below everything."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.charts: list[str] = []
        self.suites: list[SuiteResult] = []

    def text(self, seconds: float) -> str:
        """Return the counts as lines."""
        cases = [case.status for suite in self.suites for case in suite.cases]
        lines = [
            "", f"Charts:      {_counted(self.charts)}", f"Test Suites: {_counted([suite.status for suite in self.suites])}",
            f"Tests:       {_counted(cases)}", f"Snapshot:    {self._snapshots()}", f"Time:        {seconds * 1000:.3f}ms", "",
        ]  # fmt: skip
        failed = sum(suite.snapshots.failed for suite in self.suites)
        if failed:
            where = sum(suite.snapshots.failed > 0 for suite in self.suites)
            note = f"{failed} snapshot failed in {where} test suite. Check changes and use `-u` to update snapshot."
            lines = ["", f"Snapshot Summary: {note}", *lines]
        return "\n".join(lines) + "\n"

    def _snapshots(self) -> str:
        counts = [suite.snapshots for suite in self.suites]
        failed, total = sum(c.failed for c in counts), sum(c.total for c in counts)
        parts = [f"{failed} failed"] if failed else []
        parts.append(f"{total - failed} passed")
        for word, number in (("created", sum(c.created for c in counts)), ("vanished", sum(c.vanished for c in counts))):
            parts += [f"{number} {word}"] if number else []
        return ", ".join([*parts, f"{total} total"])


def _counted(states: Iterable[str]) -> str:
    found = list(states)
    errored, skipped = found.count("errored"), found.count("skipped")
    failed = found.count("failed") + errored
    parts = [f"{failed} failed"] if failed else []
    parts += [f"{errored} errored"] if errored else []
    parts.append(f"{found.count('passed')} passed")
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join([*parts, f"{len(found)} total"])


def junit(results: list[SuiteResult]) -> str:
    """Return the results as JUnit XML."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for number, suite in enumerate(results):
        states = [case.status for case in suite.cases]
        errors = states.count("errored") + bool(suite.error)
        seconds = sum(case.seconds for case in suite.cases)
        out.append(
            f'  <testsuite id="{number}" name={_attribute(suite.name)} package={_attribute(suite.file)} tests="{len(states)}" '
            f'failures="{states.count("failed")}" errors="{errors}" skipped="{states.count("skipped")}" time="{seconds:.3f}">'
        )
        for case in suite.cases:
            out += _junit_case(suite, case)
        if suite.error:
            out.append(f"    <system-err>{_clean(suite.error)}</system-err>")
        out.append("  </testsuite>")
    return "\n".join([*out, "</testsuites>", ""])


def _junit_case(suite: SuiteResult, case: CaseResult) -> list[str]:
    head = f'    <testcase classname={_attribute(suite.name)} name={_attribute(case.name)} time="{case.seconds:.3f}"'
    if case.status == "passed":
        return [f"{head}/>"]
    if case.status == "skipped":
        return [f"{head}>", f"      <skipped message={_attribute(case.error)}/>", "    </testcase>"]
    word = "error" if case.status == "errored" else "failure"
    details = _clean(_details(case, suite.file))
    return [f"{head}>", f'      <{word} message="Failed" type="">{details}</{word}>', "    </testcase>"]


def _details(case: CaseResult, file: str) -> str:
    return case.error or "\n".join(line for line in _case(case, file)[2:])


def _xml_text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _clean(text: str) -> str:
    return escape(_xml_text(text))


def _attribute(text: str) -> str:
    return quoteattr(_xml_text(text))


def as_json(results: list[SuiteResult]) -> str:
    """Return the results as JSON."""
    return msgspec.json.format(msgspec.json.encode({"suites": results}), indent=2).decode("utf-8", "replace") + "\n"


FORMATS: dict[str, Callable[[list[SuiteResult]], str]] = {"junit": junit, "json": as_json}

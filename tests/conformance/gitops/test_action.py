"""Recorded actions: what is offered in any order, and what each does."""

import re
from typing import Any

from tests.conformance.gitops.comparing import is_empty
from tests.conformance.gitops.pinned import report, run

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def _same(answer: Any, expected: Any) -> bool:
    if is_empty(expected) or expected is False:
        return is_empty(answer) or answer is False
    if isinstance(expected, str) and "<now>" in expected:
        return re.fullmatch(re.escape(expected).replace("<now>", _TIME), str(answer)) is not None
    if isinstance(expected, str) and expected.startswith("<prefix>"):
        return str(answer).startswith(expected.removeprefix("<prefix>"))
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(_same(answer.get(key), expected.get(key)) for key in {*expected, *answer})
    if isinstance(expected, list):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(_same, answer, expected))
    return bool(answer == expected)


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is what the case expects."""
    expected = case["expected"]
    if case["type"] != "discovery":
        for result in [*(expected.get("results") or ()), *(answer.get("results") or ())]:
            (result.get("changes") or []).sort(key=lambda change: change[1])
        return _same(answer, expected)
    by_name = {each["name"]: each for each in answer["actions"]}
    return _same(by_name, {each["name"]: each for each in expected["actions"]})


def test_pinned_cases_hold() -> None:
    run("action", is_right)


if __name__ == "__main__":
    report("action", is_right)

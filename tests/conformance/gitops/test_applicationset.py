"""Recorded cases of ApplicationSets: generators, templates, selectors, merging."""

import json
from typing import Any

from tests.conformance.gitops.comparing import matches
from tests.conformance.gitops.pinned import report, run


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is what the case expects."""
    expected = case["expected"]
    if "error" in expected:
        return "error" in answer and (expected["error"] is True or expected["error"] in answer["error"])
    if "error" in answer:
        return False
    if "params" in expected and isinstance(expected["params"], list):
        return _sets(answer["params"], bool(case.get("unordered"))) == _sets(expected["params"], bool(case.get("unordered")))
    if "contains" in expected:
        found, wanted = answer["params"], expected["contains"]
        return len(found) == expected["count"] and all(any(matches(one, each) for one in found) for each in wanted)
    return matches(answer, expected)


def _sets(params: list[Any], is_unordered: bool) -> list[str]:
    texts = [json.dumps(_comparable(one, is_unordered), sort_keys=True) for one in params or []]
    return sorted(texts) if is_unordered else texts


def _comparable(value: Any, is_unordered: bool) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(below, is_unordered) for key, below in value.items()}
    if isinstance(value, list):
        found = [_comparable(item, is_unordered) for item in value]
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True)) if is_unordered else found
    return float(value) if type(value) is int else value


def test_pinned_cases_hold() -> None:
    run("applicationset", is_right)


if __name__ == "__main__":
    report("applicationset", is_right)

"""Recorded health of built-in kinds: all of them must agree."""

from typing import Any

from tests.conformance.gitops.pinned import report, run


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether the status is that expected, and the message where it is."""
    expected = case["expected"]
    if expected is None or answer is None:
        return expected is None and answer is None
    said = expected.get("message") or ""
    same = answer["message"] == said or not case.get("messageAsserted", True) or "message" not in expected
    return bool(answer["status"] == expected["status"] and same)


def test_pinned_cases_hold() -> None:
    run("builtin-health", is_right)


if __name__ == "__main__":
    report("builtin-health", is_right)

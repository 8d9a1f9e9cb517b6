"""Recorded health of custom resources: the rule table must agree in status and message."""

from typing import Any

from tests.conformance.gitops.pinned import report, run


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether status and message are those expected."""
    expected = case["expected"]
    return bool(answer == {"status": expected["status"], "message": expected.get("message") or ""})


def test_pinned_cases_hold() -> None:
    run("health", is_right)


if __name__ == "__main__":
    report("health", is_right)

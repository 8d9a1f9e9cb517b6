"""Recorded cases of AppProjects: windows, permissions, validation."""

from typing import Any

from tests.conformance.gitops.comparing import matches
from tests.conformance.gitops.pinned import report, run


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is what the case expects."""
    expected = dict(case["expected"])
    texts = expected.pop("errorContains", [])
    return (not expected or matches(answer, expected)) and all(
        text in str(answer.get("message") or answer["error"]) for text in texts
    )


def test_pinned_cases_hold() -> None:
    run("project", is_right)


if __name__ == "__main__":
    report("project", is_right)

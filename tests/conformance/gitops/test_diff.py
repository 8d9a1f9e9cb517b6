"""Recorded cases of comparison: three-way, structured merge, server-side, secrets, ignore rules."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pilothouse.delivery.gitops.engine.diff.kinds import defaulted
from tests.conformance.gitops.comparing import is_empty, matches
from tests.conformance.gitops.pinned import report, run

ABSENT = object()


def is_right(case: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is what the case expects."""
    expected = dict(case["expected"])
    checks, typed = expected.pop("checks", []), expected.pop("typedChecks", [])
    texts, hidden = expected.pop("errorContains", []), expected.pop("textAbsent", [])
    texts = [texts] if isinstance(texts, str) else texts
    if expected and not all(matches(answer.get(key), value) for key, value in expected.items() if key != "dataKeys"):
        return False
    if not all(key in answer["dataKeys"] for key in expected.get("dataKeys", [])):
        return False
    if any(text in json.dumps(answer) for text in hidden) or not all(text in answer.get("error", "") for text in texts):
        return False
    if not all(_holds(answer[check["in"]], check) for check in checks):
        return False
    return all(_holds(defaulted(answer[check["in"]]), check) for check in typed)


def _find(value: Any, path: list[Any]) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


def _holds(tree: Any, check: dict[str, Any]) -> bool:
    found, wanted = _find(tree, check["path"]), check.get("value")
    is_item = isinstance(wanted, dict) and isinstance(found, list)
    checks: dict[str, Callable[[], bool]] = {
        "equals": lambda: bool(found == wanted),
        "absent": lambda: found is ABSENT,
        "present": lambda: found is not ABSENT,
        "non-empty": lambda: found is not ABSENT and not is_empty(found),
        "absent-or-empty": lambda: found is ABSENT or is_empty(found),
        "length": lambda: isinstance(found, list | dict) and len(found) == wanted,
        "contains-item": lambda: is_item and any(wanted.items() <= item.items() for item in found),
        "quantity-zero-or-absent": lambda: found is ABSENT or _is_zero(found),
        "replicas-after-defaulting": lambda: wanted == (1 if found is ABSENT else found),
    }
    return checks[check["op"]]()


def _is_zero(value: Any) -> bool:
    digits = "".join(char for char in str(value) if char.isdigit() or char == ".")
    return digits != "" and Decimal(digits) == 0


def test_pinned_cases_hold() -> None:
    run("diff", is_right)


if __name__ == "__main__":
    report("diff", is_right)

"""How an answer is compared with what a case expects: members that are empty equal absent ones, numbers compare by value."""

from typing import Any


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def matches(answer: Any, expected: Any) -> bool:
    """Whether an answer holds everything that is expected; members that are not named are not compared."""
    if is_empty(expected):
        return is_empty(answer)
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(matches(answer.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        same = isinstance(answer, list) and len(answer) == len(expected)
        return same and all(matches(left, right) for left, right in zip(answer, expected, strict=True))
    return bool(answer == expected) and isinstance(answer, bool) == isinstance(expected, bool)

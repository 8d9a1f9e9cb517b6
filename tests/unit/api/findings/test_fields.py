"""Wording of findings."""

from __future__ import annotations

import pytest

from pilothouse.api.findings import FieldError, Verbatim, duplicate, forbidden, invalid, not_found, required, unsupported


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (required("a"), "Required value"),
        (required("a", "why"), "Required value: why"),
        (invalid("a", "x", "why"), 'Invalid value: "x": why'),
        (invalid("a", 3, "why"), "Invalid value: 3: why"),
        (invalid("a", None, "why"), "Invalid value: null: why"),
        (invalid("a", {"b": [1]}, "why"), 'Invalid value: {"b":[1]}: why'),
        (invalid("a", Verbatim(""), "why"), "Invalid value: why"),
        (forbidden("a", "why"), "Forbidden: why"),
        (duplicate("a", "x"), 'Duplicate value: "x"'),
        (not_found("a", "x"), 'Not found: "x"'),
        (unsupported("a", "x", ["b", "c"]), 'Unsupported value: "x": supported values: "b", "c"'),
    ],
)
def test_text(finding: FieldError, text: str) -> None:
    assert finding.text() == text


@pytest.mark.parametrize(
    ("value", "shown"), [('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("a\nb\tc\rd", '"a\\nb\\tc\\rd"'), ("ü", '"ü"')]
)
def test_text_is_quoted_like_go(value: str, shown: str) -> None:
    assert invalid("a", value, "").text() == f"Invalid value: {shown}"

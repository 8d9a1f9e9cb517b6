"""Wording of findings."""

from __future__ import annotations

import pytest

from pilothouse.api.findings import (
    FieldError,
    Verbatim,
    duplicate,
    forbidden,
    go_float,
    invalid,
    not_found,
    required,
    unsupported,
)


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"), (10, "10"), (100000, "100000"), (1000000, "1e+06"), (1234567, "1.234567e+06"), (-2.5, "-2.5"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (0, "0"), (1e21, "1e+21"), (1.10, "1.1"),
    ],
)  # fmt: skip
def test_numbers_are_printed_as_go_does(value: float, text: str) -> None:
    assert go_float(value) == text

"""From one type to another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int('-3') + int(2.9) + int(4u)", 3),
        ("uint('3') == 3u", True),
        ("double('1.5') + double(1)", 2.5),
        ("string(1.0)", "1"),
        ("string(1000000.0)", "1e+06"),
        ("string(0.1)", "0.1"),
        ("string(0.00001)", "1e-05"),
        ("string(-12.5)", "-12.5"),
        ("string(true) + string(7u)", "true7"),
        ("bytes('é')", b"\xc3\xa9"),
        ("string(b'ab')", "ab"),
        ("bool('true')", True),
        ("type(1) == int && type('') == string && type([]) == list && type({}) == map", True),
        ("type(null) == null_type && type(1u) != int", True),
        ("string(timestamp('2024-01-02T03:04:05.5Z'))", "2024-01-02T03:04:05.5Z"),
        ("string(duration('90m'))", "5400s"),
        ("int(timestamp('1970-01-01T00:01:00Z'))", 60),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int('x')", "invalid syntax"),
        ("int('9223372036854775808')", "out of range"),
        ("int(1e300)", "integer overflow"),
        ("uint(-1)", "unsigned integer overflow"),
        ("string(b'\\xff')", "invalid UTF-8"),
        ("bool('maybe')", "type conversion error"),
        ("double('x')", "invalid syntax"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)

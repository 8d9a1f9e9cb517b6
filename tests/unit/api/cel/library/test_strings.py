"""Texts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'hello'.charAt(1)", "e"),
        ("'hello'.indexOf('l')", 2),
        ("'hello'.lastIndexOf('l')", 3),
        ("'hello'.indexOf('l', 3)", 3),
        ("['a', 'b'].join('-')", "a-b"),
        ("'A-É'.lowerAscii()", "a-É"),
        ("'aXbX'.replace('X', '')", "ab"),
        ("'aXbX'.replace('X', '.', 1)", "a.bX"),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'abc'.split('')", ["a", "b", "c"]),
        ("'hello'.substring(1, 3)", "el"),
        ("' a '.trim()", "a"),
        ("'abc123'.find('[0-9]+')", "123"),
        ("'1a2b'.findAll('[0-9]')", ["1", "2"]),
        ("'1a2b'.findAll('[0-9]', 1)", ["1"]),
        ("'abc'.matches('^a.c$')", True),
        ("strings.quote('a\"b')", '"a\\"b"'),
        ("jsonpatch.escapeKey('a/b~c')", "a~1b~0c"),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'abc'.charAt(4)", "index out of range: 4"),
        ("'abc'.substring(2, 1)", "invalid substring range"),
        ("'a'.matches('(' + '')", "error parsing regexp"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)


def test_a_hostile_pattern_does_not_hang() -> None:
    assert value("x.matches('^(a+)+$')", x="a" * 2000 + "b") is False

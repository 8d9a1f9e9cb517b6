"""Messages for text that is not JSON."""

from __future__ import annotations

import pytest

from pilothouse.api.findings.gojson import syntax_error


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "unexpected end of JSON input"),
        (b"{nope", "invalid character 'n' looking for beginning of object key string"),
        (b'{"a":1} x', "invalid character 'x' after top-level value"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"nul", "unexpected end of JSON input"),
        (b"nulx", "invalid character 'x' in literal null (expecting 'l')"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
    ],
)
def test_the_first_wrong_character_is_named(raw: bytes, message: str) -> None:
    assert syntax_error(raw) == message

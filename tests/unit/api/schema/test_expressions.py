"""The language as the server offers it."""

from __future__ import annotations

import pytest

from pilothouse.api.schema.expressions import NAMED_FORMATS, base_environment


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("dns1123Label", "a-b", "a.b"),
        ("dns1123Subdomain", "a.b", "A"),
        ("dns1035Label", "a1", "1a"),
        ("dns1035LabelPrefix", "a-", "-a"),
        ("qualifiedName", "a/b", "a/b/c"),
        ("labelValue", "", "-"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "x"),
        ("date", "2024-01-31", "2024-01-32"),
        ("datetime", "2024-01-01T00:00:00Z", "2024-01-01"),
    ],
)
def test_named_formats(name: str, good: str, bad: str) -> None:
    assert (NAMED_FORMATS[name](good), bool(NAMED_FORMATS[name](bad))) == ([], True)


def test_every_format_has_its_function() -> None:
    for name in NAMED_FORMATS:
        assert base_environment().compile(f"format.{name}().validate('x')").evaluate({}).error == ""

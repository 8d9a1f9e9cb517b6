"""Formats of text."""

from __future__ import annotations

import pytest

from pilothouse.api.schema.formats import is_known, matches_format


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("date-time", "2024-01-02T03:04:05Z", "yesterday"),
        ("date", "2024-01-02", "2024-13-40"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("uuid", "9e5b5a1c-3b6a-4c3e-8d0f-2f3a4b5c6d7e", "9e5b"),
        ("byte", "YQ==", "*"),
        ("email", "a@example.com", "a"),
    ],
)
def test_formats(form: str, good: str, bad: str) -> None:
    assert matches_format(form, good)
    assert not matches_format(form, bad)


def test_an_unknown_format_takes_anything() -> None:
    assert matches_format("colour", "anything")


def test_known_formats() -> None:
    assert is_known("date-time")
    assert not is_known("bogus")

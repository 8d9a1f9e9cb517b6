"""Quantities: exact values and canonical spelling."""

from fractions import Fraction

import pytest

from pilothouse.api.quantity import InvalidQuantity, add, canonical, compare, parse_quantity, subtract, to_milli, to_whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("100m", Fraction(1, 10)),
        ("1.5Gi", 3 << 29),
        ("12e6", 12_000_000),
        ("-2k", -2000),
        (".5", Fraction(1, 2)),
        (3, 3),
    ],
)
def test_values(text: str, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("100M", "100M"),
        ("1000", "1k"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("0.1Ki", "102400m"),
        ("1500m", "1500m"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    assert canonical(text) == expected


def test_rounding_up() -> None:
    assert to_milli("1n") == 1
    assert to_whole("1500m") == 2


@pytest.mark.parametrize("text", ["", "abc", "1 Gi", "1KB", "--1", "1e999999", "9" * 100])
def test_bad_quantities(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        parse_quantity(text)


def test_sums_are_spelled_in_the_family_of_the_first_amount() -> None:
    assert (add("64Mi", "1Gi"), add("0", "64Mi"), add("500m", "500m")) == ("1088Mi", "64Mi", "1")
    assert (subtract("1Gi", "1Mi"), subtract("0", "1")) == ("1023Mi", "-1")
    assert [compare(*pair) for pair in (("1", "1000m"), ("1Ki", "1k"), ("1", "2"))] == [0, 1, -1]

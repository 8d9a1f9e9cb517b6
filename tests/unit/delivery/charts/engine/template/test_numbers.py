import pytest

from pilothouse.delivery.charts.engine.template.numbers import NumberSyntaxError, parse_number


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("0x1F", 31), ("017", 15), ("0b11", 3), ("1_000", 1000), ("1e3", 1000), ("-0", 0)]
)
def test_integers(text: str, value: int) -> None:
    assert parse_number(text, "number").as_int == value


def test_floats_and_complex() -> None:
    assert parse_number("1.5", "number").as_float == 1.5
    assert parse_number("1.5", "number").as_int is None
    assert parse_number("1+2i", "complex").as_complex == 1 + 2j
    assert parse_number("'a'", "char constant").as_int == 97


def test_too_big_and_malformed() -> None:
    assert parse_number("9223372036854775808", "number").as_int is None
    with pytest.raises(NumberSyntaxError):
        parse_number("0x", "number")

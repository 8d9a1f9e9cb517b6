import pytest

from pilothouse.delivery.charts.engine.values.floats import format_float, format_shortest


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "-0"), (1.5, "1.5"), (1e6, "1e+06"), (1e21, "1e+21"), (1e-5, "1e-05"), (0.0001, "0.0001")],
)
def test_shortest(value: float, text: str) -> None:
    assert format_shortest(value) == text


def test_verbs() -> None:
    assert format_float(3.14159, "f", 2) == "3.14"
    assert format_float(1e21, "x", None) == "0x1.b1ae4d6e2ef5p+69"
    assert format_float(float("inf"), "g", None) == "+Inf"
    assert format_float(42.0, "x", None, keep_zeros=True) == "0x1.5000p+05"
    assert format_float(-1.0, "X", None, keep_zeros=True) == "-0X1.0000P+00"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.applicationsets.parameters import combined, filled, flat, overridden, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"), (True, "true"), (123, "123"), (123456.7, "123456.7"), (1_000_000, "1e+06"),
        (123456789, "1.23456789e+08"),
        (0.00001, "1e-05"), (0, "0"), (-2.5, "-2.5"), (float("inf"), "+Inf"), ({"b": 1, "a": [1, "x"]}, "map[a:[1 x] b:1]"),
    ],
)  # fmt: skip
def test_values_print_as_in_go(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_numbers_read_back(value: float) -> None:
    assert float(shown(value)) == value


def test_flat() -> None:
    assert flat({"a": {"b": [1, {"c": "x"}]}, "e": {}, "n": None}) == {"a.b.0": "1", "a.b.1.c": "x", "n": "<nil>"}


def test_combined_refuses_two_values() -> None:
    assert combined({"a": 1}, {"a": "1", "b": "c"}) == {"a": "1", "b": "c"}
    with pytest.raises(ValueError, match="found duplicate key a with different value, a: 1 ,b: 2"):
        combined({"a": "1"}, {"a": "2"})


def test_merging() -> None:
    assert overridden({"a": True, "t": {"x": 1, "y": 1}, "l": [1]}, {"a": False, "t": {"x": 2}, "l": []}) == {
        "a": False, "t": {"x": 2, "y": 1}, "l": [1],
    }  # fmt: skip
    assert filled({"name": "", "t": {"x": 1}}, {"name": "n", "t": {"x": 2, "y": 2}, "z": 1}) == {
        "name": "n", "t": {"x": 1, "y": 2}, "z": 1,
    }  # fmt: skip

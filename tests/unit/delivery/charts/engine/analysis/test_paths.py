"""Places in values."""

from pilothouse.delivery.charts.engine.analysis.paths import MISSING, leaves, value_at


def test_paths() -> None:
    assert value_at({"a": [{"b": 1}]}, ("a", "0", "b")) == 1
    assert value_at({"a": [1]}, ("a", "1")) is MISSING and value_at({"a": 1}, ("a", "b")) is MISSING
    assert value_at({"a": None}, ("a",)) is None


def test_leaves() -> None:
    assert dict(leaves({"a": {"b": 1, "c": {}}, "d": []})) == {("a", "b"): 1, ("a", "c"): {}, ("d",): []}

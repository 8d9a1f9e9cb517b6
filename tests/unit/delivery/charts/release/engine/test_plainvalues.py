"""Numbers on their way through JSON."""

from pilothouse.delivery.charts.release.engine.plainvalues import float_values, plain_value


def test_values() -> None:
    assert plain_value({"a": 1e6, "b": 1e300, "c": True, "d": "x\udcff", "e": (1.5, None)}) == {
        "a": 1000000, "b": 1e300, "c": True, "d": "x\ufffd", "e": [1.5, None],
    }  # fmt: skip
    assert isinstance(plain_value(2.0), int)
    assert float_values({"a": [1, True, "x"]}) == {"a": [1.0, True, "x"]}

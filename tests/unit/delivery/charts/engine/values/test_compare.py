import pytest

from pilothouse.delivery.charts.engine.values.compare import CompareError, equal, less, less_equal
from pilothouse.delivery.charts.engine.values.kinds import Int64


def test_equal_follows_go_types() -> None:
    assert equal(1, 2, 1)
    assert equal(Int64(1), 1)
    assert equal(None, None)
    assert not equal(None, 1)
    with pytest.raises(CompareError, match="incompatible types for comparison: float64 and int"):
        equal(1.0, 1)
    with pytest.raises(CompareError, match="non-comparable type"):
        equal([1], [1])


def test_order() -> None:
    assert less("a", "b")
    assert less_equal(2, 2)
    with pytest.raises(CompareError, match="invalid type for comparison"):
        less(True, False)

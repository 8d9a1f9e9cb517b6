import pytest

from pilothouse.delivery.charts.engine.execution.access import Access, assignable, elements
from pilothouse.delivery.charts.engine.execution.faults import Fault
from pilothouse.delivery.charts.engine.values.kinds import StringMap, StringSlice, Values


def test_missing_rules() -> None:
    assert Access("default").chain({}, ("a", "b")) is None
    with pytest.raises(Fault, match=r"nil pointer evaluating interface \{\}.b"):
        Access("zero").chain({}, ("a", "b"))
    assert Access("zero").chain(StringMap(), ("a",)) == ""
    assert Access("zero").loose_chain(None, ("a",)) is None


def test_assignable() -> None:
    assert assignable(Values(), "map[string]interface {}")
    assert assignable(StringSlice(), "[]string")
    assert not assignable(StringSlice(), "[]interface {}")
    assert not assignable(1.0, "int")
    assert not assignable(True, "int")


def test_elements() -> None:
    assert elements({"b": 1, "a": 2}, True) == [("a", 2), ("b", 1)]
    assert elements(3, False) == [0, 1, 2]
    with pytest.raises(Fault, match="range can't iterate over x"):
        elements("x", False)

from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.engine.values.printing import print_value


def test_print_value() -> None:
    assert print_value(None) == "<no value>"
    assert print_value(1e6) == "1e+06"
    assert print_value(123456.0) == "123456"
    assert print_value([1.0, "a", None]) == "[1 a <nil>]"
    assert print_value(Int64(5)) == "5"

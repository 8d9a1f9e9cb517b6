from pilothouse.delivery.charts.engine.diagnosis.exponents import printed_with_exponent
from pilothouse.delivery.charts.engine.diagnosis.origins import file_layer


def test_only_numbers_that_are_printed_so_are_told() -> None:
    data = b"a:\n  big: 1000000\n  quiet: 5000000\n  tiny: 0.0000001\nport: 80\n"
    values = {"a": {"big": 1e6, "quiet": 5e6, "tiny": 1e-7}, "port": 80.0}
    layers = [file_layer("v.yaml", data, values)]
    found = printed_with_exponent(values, layers, ["x: 1e+06\ny: 1e-07\nz: a5e+06\nport: 80"])
    assert [(one.message, one.place, one.severity) for one in found] == [("a.big is printed as 1e+06", "v.yaml:2", "warning")]
    assert "int64" in found[0].help
    assert printed_with_exponent(values, layers, ["x: 1000000"]) == []

"""Better names."""

from pilothouse.delivery.charts.engine.diagnosis.suggest import nearest


def test_the_nearest_name() -> None:
    names = ["toYaml", "toJson", "quote"]
    assert nearest("toYml", names) == "toYaml"
    assert nearest("TOYAML", names) == "toYaml"
    assert nearest("zzz", names) == ""
    assert nearest("x", []) == ""

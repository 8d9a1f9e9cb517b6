"""Who set a value."""

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.engine.diagnosis.origins import (
    Layer,
    chart_layers,
    deciding,
    file_layer,
    flag_layer,
    history,
)
from tests.unit.delivery.charts.engine.diagnosis.shop import FILES

LAYERS = [
    *chart_layers(load_chart(FILES)),
    file_layer("my.yaml", b"image:\n  tag: null\nglobal:\n  zone: b\n", {"image": {"tag": None}, "global": {"zone": "b"}}),
    flag_layer("set", "db.user=me", lambda _: {"db": {"user": "me"}}),
]


def told(*path: str) -> list[tuple[str, str, object]]:
    return [(step.place, step.action, step.value) for step in history(LAYERS, path)]


def test_layers_from_the_deciding_one_down() -> None:
    assert told("db", "user") == [
        ("--set db.user=me", "set", "me"),
        ("shop/values.yaml:7", "set", "shop"),
        ("shop/charts/db/values.yaml:1", "set", "admin"),
    ]
    assert told("image", "tag") == [("my.yaml:2", "deleted", None), ("shop/values.yaml:3", "set", "1.2")]
    assert told("nothing") == []


def test_a_global_of_a_subchart_is_that_of_the_charts_above() -> None:
    [first, second] = history(LAYERS, ("db", "global", "zone"))
    assert (first.place, first.at) == ("my.yaml:4", ("global", "zone"))
    assert second.place == "shop/values.yaml:9"


def test_a_value_above_that_is_no_table() -> None:
    layers = [*LAYERS, Layer("--set image=x", {"image": "x"})]
    step = deciding(layers, ("image", "repository"))
    assert step is not None and (step.action, step.at, step.value) == ("replaced", ("image",), "x")
    above = deciding([*LAYERS, Layer("--set image=null", {"image": None})], ("image", "repository"))
    assert above is not None and (above.action, above.at) == ("deleted", ("image",))

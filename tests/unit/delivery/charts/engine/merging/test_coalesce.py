from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values, value_at
from pilothouse.delivery.charts.types import Chart


def chart(name: str, values: dict[str, object], *children: Chart) -> Chart:
    return Chart(metadata={"name": name}, values=values, dependencies=children)


def test_user_values_win_and_null_deletes() -> None:
    top = chart("a", {"x": 1, "y": {"z": 1, "w": 2}})
    assert coalesce_values(top, {"y": {"z": None}, "x": None}, []) == {"y": {"w": 2}}


def test_globals_go_down() -> None:
    top = chart("a", {"global": {"g": 1}}, chart("b", {"v": 1}))
    assert coalesce_values(top, {}, [])["b"] == {"v": 1, "global": {"g": 1}}


def test_conflicts_are_warned_about() -> None:
    warnings: list[str] = []
    coalesce_values(chart("a", {"x": "text"}), {"x": {"y": 1}}, warnings)
    assert warnings == ['level=INFO msg="warning: skipped value for a.x: Not a table."']


def test_inputs_are_not_changed() -> None:
    defaults: dict[str, object] = {"x": {"y": 1}}
    given: dict[str, object] = {"x": {"z": 2}}
    coalesce_values(chart("a", defaults), given, [])
    assert defaults == {"x": {"y": 1}}
    assert given == {"x": {"z": 2}}


def test_value_at() -> None:
    assert value_at({"a": {"b": True}}, "a.b") == (True, True)
    assert value_at({"a": {"b": {}}}, "a.b") == (False, None)

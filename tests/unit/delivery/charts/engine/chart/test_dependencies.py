from typing import Any

from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.types import Chart


def child(name: str = "sub", values: dict[str, Any] | None = None) -> Chart:
    return Chart(metadata={"name": name, "version": "1.0.0"}, values=values or {})


def parent(requirement: dict[str, Any], values: dict[str, Any] | None = None, *children: Chart) -> Chart:
    wanted = {"name": "sub", "version": ">=1", **requirement}
    metadata = {"name": "top", "version": "1.0.0", "dependencies": [wanted]}
    return Chart(metadata=metadata, values=values or {}, dependencies=children or (child(),))


def names(chart: Chart, values: dict[str, Any] | None = None) -> list[str]:
    return [c.name for c in process_dependencies(chart, values or {}, []).dependencies]


def test_condition_beats_tags() -> None:
    chart = parent({"condition": "sub.on", "tags": ["t"]}, {"tags": {"t": False}})
    assert names(chart) == []
    assert names(chart, {"sub": {"on": True}}) == ["sub"]


def test_alias_renames() -> None:
    assert names(parent({"alias": "other"})) == ["other"]


def test_values_are_imported() -> None:
    chart = parent({"import-values": ["data"]}, None, child(values={"exports": {"data": {"x": 1}}}))
    assert process_dependencies(chart, {}, []).values["x"] == 1


def test_a_condition_that_is_no_boolean_is_warned_about() -> None:
    warnings: list[str] = []
    process_dependencies(parent({"condition": "sub.on"}, {"sub": {"on": "yes"}}), {}, warnings)
    assert warnings == ['level=WARN msg="returned non-bool value" path=sub.on chart=sub']

"""A change seen in the versions of a kind."""

from typing import Any

from pilothouse.api.patch.versions import Change, View

V2 = {"metrics": [{"target": 50}], "max": 5}


def older(obj: dict[str, Any]) -> dict[str, Any]:
    metrics = obj.get("metrics") or [{}]
    return {"max": obj.get("max"), "target": metrics[0].get("target")}


def views(version: str) -> View | None:
    return View(None, older) if version == "v1" else None


def test_a_change_has_the_field_names_of_the_version_asked() -> None:
    change = Change(V2, {**V2, "metrics": [{"target": 60}]}, None, "v2", views, lambda fields: fields)
    assert not change.is_empty
    assert change.at("v2")[0].to_fields() == {"f:metrics": {}}
    assert change.at("v1")[0].to_fields() == {"f:target": {}}
    assert change.at("v3")[0].to_fields() == {"f:metrics": {}}, "a version with the same fields"


def test_what_one_version_does_not_show_does_not_touch_its_managers() -> None:
    change = Change(V2, {**V2, "behavior": 1}, None, "v2", views, lambda fields: fields)
    assert change.at("v2")[0].to_fields() == {"f:behavior": {}}
    assert not change.at("v1")[0]


def test_no_change_is_empty() -> None:
    assert Change(V2, dict(V2), None, "v2", None, lambda fields: fields).is_empty

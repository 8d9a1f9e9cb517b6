"""Fields written by updates become applied fields."""

from pilothouse.delivery.charts.release.engine.fieldowners import taken_over


def entry(manager: str, operation: str, *fields: str, **more: str) -> dict[str, object]:
    owned = {f"f:{name}": {} for name in fields}
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": {"f:data": owned}, **more}


def live(*entries: dict[str, object]) -> dict[str, object]:
    return {"apiVersion": "v1", "metadata": {"managedFields": list(entries)}}


def test_updates_join_the_apply() -> None:
    other = entry("kubectl", "Update", "c")
    status = entry("helm", "Update", "s", subresource="status")
    found = taken_over(live(entry("helm", "Apply", "a"), entry("helm", "Update", "b"), other, status), "helm")
    assert found == [entry("helm", "Apply", "a", "b"), other, status]


def test_a_lone_update_becomes_an_apply_and_nothing_else_is_touched() -> None:
    assert taken_over(live(entry("helm", "Update", "b")), "helm") == [entry("helm", "Apply", "b")]
    assert taken_over(live(entry("helm", "Apply", "b"), entry("x", "Update", "b")), "helm") is None

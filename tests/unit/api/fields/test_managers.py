"""managedFields as they are kept."""

from __future__ import annotations

from pilothouse.api.fields.managers import without_scale_times


def test_scales_have_no_time_and_come_where_that_puts_them() -> None:
    def entry(manager: str, subresource: str, time: str) -> dict[str, object]:
        fields = {"fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {f"f:{manager}": {}}}}
        given = {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": time, **fields}
        return given | ({"subresource": subresource} if subresource else {})

    kept = without_scale_times([entry("a", "", "2026-01-01T00:00:00Z"), entry("b", "scale", "2026-01-02T00:00:00Z")])
    assert [(one["manager"], one.get("time")) for one in kept] == [("b", None), ("a", "2026-01-01T00:00:00Z")]
    assert without_scale_times(kept) == kept

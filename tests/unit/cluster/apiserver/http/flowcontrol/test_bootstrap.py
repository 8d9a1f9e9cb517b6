"""What every cluster has."""

from __future__ import annotations

from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import flow_control_objects


def test_every_schema_names_a_level() -> None:
    objects = flow_control_objects()
    levels = {obj["metadata"]["name"]: obj["spec"] for obj in objects if obj["kind"] == "PriorityLevelConfiguration"}
    schemas = {obj["metadata"]["name"]: obj["spec"] for obj in objects if obj["kind"] == "FlowSchema"}
    assert {spec["priorityLevelConfiguration"]["name"] for spec in schemas.values()} == set(levels) and len(levels) == 8
    assert levels["exempt"]["type"] == "Exempt" and levels["catch-all"]["limited"]["limitResponse"] == {"type": "Reject"}
    assert levels["workload-low"]["limited"]["lendablePercent"] == 90 and "distinguisherMethod" not in schemas["exempt"]

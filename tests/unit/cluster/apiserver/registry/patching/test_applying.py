"""Server-side apply on a server: types, other versions, replicas through scale."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cluster.apiserver.driver import POD, Driver, serve

APPLY = {"content-type": "application/apply-patch+yaml"}
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/d"
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}
SPEC = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}


async def applied(driver: Driver, path: str, body: dict[str, Any], manager: str, **query: str) -> tuple[int, Any]:
    return await driver.call("PATCH", path, body, headers=APPLY, query={"fieldManager": manager, **query})


def test_replicas_are_owned_through_scale() -> None:
    async def test(driver: Driver) -> None:
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": SPEC}
        await applied(driver, DEPLOYMENT, deployment, "team")
        scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": 4}}
        status, refused = await applied(driver, f"{DEPLOYMENT}/scale", scale, "scaler")
        assert status == 409
        assert refused["details"]["causes"] == [
            {"reason": "FieldManagerConflict", "message": 'conflict with "team"', "field": ".spec.replicas"}
        ]
        status, made = await applied(driver, f"{DEPLOYMENT}/scale", scale, "scaler", force="true")
        assert (status, made["spec"]) == (200, {"replicas": 4})
        owners = {entry["manager"]: entry for entry in (await driver.ok("GET", DEPLOYMENT))["metadata"]["managedFields"]}
        assert owners["scaler"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
        assert (owners["scaler"]["operation"], owners["scaler"]["subresource"]) == ("Apply", "scale")
        assert "f:replicas" not in owners["team"]["fieldsV1"]["f:spec"]
        nothing = {**scale, "spec": {}}
        assert (await applied(driver, f"{DEPLOYMENT}/scale", nothing, "other"))[1]["spec"] == {"replicas": 4}
        status, _ = await applied(driver, f"{DEPLOYMENT}/scale", {**scale, "spec": {"replicas": -1}}, "scaler")
        assert status == 422

    serve(test)


def test_fields_stated_in_another_version_conflict_by_their_names_there() -> None:
    async def test(driver: Driver) -> None:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
        base = {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}}
        first = {**base, "apiVersion": "autoscaling/v1"}
        first["spec"] = {"maxReplicas": 5, "scaleTargetRef": target, "targetCPUUtilizationPercentage": 50}
        path = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers/h"
        await applied(driver, path.format("v1"), first, "one")
        goal = {"type": "Utilization", "averageUtilization": 60}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": goal}}]
        second = {**base, "apiVersion": "autoscaling/v2"}
        second["spec"] = {"maxReplicas": 5, "scaleTargetRef": target, "metrics": metrics}
        status, refused = await applied(driver, path.format("v2"), second, "two")
        assert status == 409
        assert [cause["field"] for cause in refused["details"]["causes"]] == [".spec.targetCPUUtilizationPercentage"]
        await applied(driver, path.format("v2"), second, "two", force="true")
        owners = (await driver.ok("GET", path.format("v1")))["metadata"]["managedFields"]
        one = next(entry for entry in owners if entry["manager"] == "one")
        assert "f:targetCPUUtilizationPercentage" not in one["fieldsV1"]["f:spec"]

    serve(test)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"data": {"a": 1}}, ".data.a: expected string, got &value.valueUnstructured{Value:1}"),
        ({"metadata": {"name": "x", "labels": {"a": True}}}, ".metadata.labels.a: expected string, got"),
        ({"data": []}, ".data: expected map, got"),
        ({"bogus": 1}, ".bogus: field not declared in schema"),
    ],
)
def test_a_configuration_of_the_wrong_type_is_named_by_its_path(data: dict[str, Any], why: str) -> None:
    async def test(driver: Driver) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, **data}
        status, refused = await applied(driver, "/api/v1/namespaces/default/configmaps/x", body, "m")
        assert status == 500
        assert why in refused["message"]

    serve(test)


def test_what_a_manager_states_no_more_goes_and_nothing_else() -> None:
    async def test(driver: Driver) -> None:
        maps = "/api/v1/namespaces/default/configmaps"
        others = {"labels": {"theirs": "1"}, "finalizers": ["example.com/theirs"]}
        await driver.ok("POST", maps, {"metadata": {"name": "x", **others}, "data": {"theirs": "1"}}, query={"fieldManager": "u"})
        empty = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
        own = {"name": "x", "labels": {"own": "1"}, "finalizers": ["example.com/own"]}
        assert (await applied(driver, f"{maps}/x", {**empty, "metadata": own, "data": {"own": "1"}}, "m"))[0] == 200
        status, left = await applied(driver, f"{maps}/x", empty, "m")
        assert status == 200 and left["data"] == {"theirs": "1"}
        assert {key: left["metadata"][key] for key in others} == others

    serve(test)

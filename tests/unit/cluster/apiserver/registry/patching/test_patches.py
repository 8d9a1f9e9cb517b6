"""The four kinds of patches."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import POD, Driver, serve

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MAPS = "/api/v1/namespaces/default/configmaps"
APPLY = {"content-type": "application/apply-patch+yaml"}


def test_strategic_patches_merge_containers_by_name() -> None:
    async def test(driver: Driver) -> None:
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}}
        await driver.ok("POST", DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec})
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "s"}]}}}}
        media = {"content-type": "application/strategic-merge-patch+json"}
        changed = await driver.ok("PATCH", f"{DEPLOYMENTS}/d", patch, headers=media)
        assert {item["name"] for item in changed["spec"]["template"]["spec"]["containers"]} == {"c", "side"}

    serve(test)


def test_json_patches_apply_wholly_or_not_at_all() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}, "data": {"a": "1"}})
        media = {"content-type": "application/json-patch+json"}
        bad = [{"op": "add", "path": "/data/b", "value": "2"}, {"op": "remove", "path": "/data/none"}]
        assert (await driver.call("PATCH", f"{MAPS}/x", bad, headers=media))[0] == 422
        assert (await driver.ok("GET", f"{MAPS}/x"))["data"] == {"a": "1"}

    serve(test)


def test_apply_creates_conflicts_and_takes_over() -> None:
    async def test(driver: Driver) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}}
        status, made = await driver.call("PATCH", f"{MAPS}/x", body, headers=APPLY, query={"fieldManager": "one"})
        assert status == 201 and made["metadata"]["managedFields"][0]["operation"] == "Apply"
        changed = {**body, "data": {"a": "2"}}
        status, value = await driver.call("PATCH", f"{MAPS}/x", changed, headers=APPLY, query={"fieldManager": "two"})
        assert status == 409 and value["details"]["causes"][0]["reason"] == "FieldManagerConflict"
        query = {"fieldManager": "two", "force": "true"}
        taken = await driver.ok("PATCH", f"{MAPS}/x", changed, headers=APPLY, query=query)
        assert taken["data"] == {"a": "2"}

    serve(test)


def test_apply_refuses_fields_a_kind_does_not_have() -> None:
    async def test(driver: Driver) -> None:
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "host", "portz": 1}]}}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}
        status, value = await driver.call("PATCH", f"{DEPLOYMENTS}/d", body, headers=APPLY, query={"fieldManager": "one"})
        assert status == 500
        assert value["message"].endswith(".spec.template.spec.containers[0].portz: field not declared in schema")
        assert (await driver.call("GET", f"{DEPLOYMENTS}/d"))[0] == 404

    serve(test)

"""OpenAPI."""

from __future__ import annotations

import json
import re

from tests.unit.cluster.apiserver.driver import Driver, crd, established, serve


def test_every_reference_of_every_document_resolves() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd(spec={"size": {"type": "integer"}}))
        index = json.loads(await driver.ok("GET", "/openapi/v3"))
        assert "apis/example.com/v1" in index["paths"]
        for entry in index["paths"].values():
            path, _, digest = entry["serverRelativeURL"].partition("?hash=")
            response = await driver.send("GET", path, query={"hash": digest})
            text = (await response.read()).decode()
            assert response.status == 200 and "immutable" in response.header("cache-control")
            document = await driver.ok("GET", path)
            wanted = {part.split('"', 1)[0] for part in text.split('"#/components/schemas/')[1:]}
            assert wanted <= set(document["components"]["schemas"]), path
        moved = await driver.send("GET", path, query={"hash": "old"})
        assert moved.status == 301 and moved.header("location").startswith(path)

    serve(test)


def test_deployments_say_how_they_are_written() -> None:
    async def test(driver: Driver) -> None:
        document = await driver.ok("GET", "/openapi/v3/apis/apps/v1")
        item = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
        assert {"get", "put", "patch", "delete"} <= set(item)
        assert {"fieldValidation", "dryRun", "force"} <= {parameter["name"] for parameter in item["patch"]["parameters"]}
        kind = document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"]["x-kubernetes-group-version-kind"]
        assert kind == [{"group": "apps", "kind": "Deployment", "version": "v1"}]

    serve(test)


def test_every_operation_has_a_name_of_its_own_and_says_what_its_path_holds() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        for name in json.loads(await driver.ok("GET", "/openapi/v3"))["paths"]:
            seen: set[str] = set()
            for path, item in (await driver.ok("GET", f"/openapi/v3/{name}"))["paths"].items():
                told = {one["name"] for one in item.get("parameters", ()) if one["in"] == "path"}
                assert told == set(re.findall(r"{(\w+)}", path)), path
                operations = [value["operationId"] for method, value in item.items() if method != "parameters"]
                assert not seen.intersection(operations), path
                seen |= set(operations)

    serve(test)


def test_operations_are_named_as_in_every_cluster() -> None:
    async def test(driver: Driver) -> None:
        paths = (await driver.ok("GET", "/openapi/v3/api/v1"))["paths"]
        names = {path: item["get"]["operationId"] for path, item in paths.items() if "get" in item}
        assert names["/api/v1/configmaps"] == "listCoreV1ConfigMapForAllNamespaces"
        assert names["/api/v1/watch/configmaps"] == "watchCoreV1ConfigMapListForAllNamespaces"
        assert names["/api/v1/watch/namespaces/{namespace}/configmaps"] == "watchCoreV1NamespacedConfigMapList"
        assert names["/api/v1/watch/nodes"] == "watchCoreV1NodeList"
        assert paths["/api/v1/nodes"]["delete"]["operationId"] == "deleteCoreV1CollectionNode"

    serve(test)


def test_the_protobuf_form_of_version_2_can_be_parsed() -> None:
    async def test(driver: Driver) -> None:
        media = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
        response = await driver.send("GET", "/openapi/v2", headers={"accept": media})
        body = await response.read()
        assert response.status == 200 and body.startswith(b"\x0a\x032.0\x12")
        assert body[6] == len(body) - 7
        assert b"\x0a\x0aKubernetes" in body

    serve(test)

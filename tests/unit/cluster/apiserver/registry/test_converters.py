"""Conversion webhooks: the two conformance tests, watches, writes, and webhooks that get it wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from pilothouse.wire.http.messages import Request, Response
from tests.unit.cluster.apiserver.driver import MERGE, Driver, crd, established, serve
from tests.unit.cluster.apiserver.hookserver import bundle, expose, https_server

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"
V1, V2 = (f"/apis/example.com/{version}/namespaces/default/widgets" for version in ("v1", "v2"))
Obj = dict[str, Any]


def converted(tree: Obj, wanted: str) -> Obj:
    """Split `hostPort` of v1 into `host` and `port` of v2, or join them."""
    out = {**tree, "apiVersion": wanted}
    if wanted.endswith("v2") and "hostPort" in tree:
        host, _, port = out.pop("hostPort").partition(":")
        out |= {"host": host, "port": port}
    elif wanted.endswith("v1") and "host" in tree:
        out["hostPort"] = f"{out.pop('host')}:{out.pop('port')}"
    return out


class Converter:
    def __init__(self) -> None:
        self.calls: list[Obj] = []
        self.change: Callable[[Obj], Obj] = lambda response: response

    async def handle(self, request: Request) -> Response:
        review = json.loads(request.body)
        asked = review["request"]
        self.calls.append(asked)
        objects = [converted(tree, asked["desiredAPIVersion"]) for tree in asked["objects"]]
        response = {"uid": asked["uid"], "result": {"status": "Success"}, "convertedObjects": objects}
        body = {"kind": "ConversionReview", "apiVersion": review["apiVersion"], "response": self.change(response)}
        return Response(200, json.dumps(body).encode())


def run(test: Callable[[Driver, Converter], Any]) -> None:
    async def main(driver: Driver) -> None:
        converter = Converter()
        async with https_server(converter.handle, "hooks.default.svc") as port:
            await expose(driver, "hooks", port)
            definition = crd(schema={"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}})
            first = definition["spec"]["versions"][0]
            definition["spec"]["versions"] = [first, {**first, "name": "v2", "storage": False}]
            client = {
                "service": {"namespace": "default", "name": "hooks", "path": "/convert", "port": 8443},
                "caBundle": bundle(),
            }
            hook = {"clientConfig": client, "conversionReviewVersions": ["v1", "v1beta1"]}
            definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": hook}
            await established(driver, definition)
            await test(driver, converter)

    serve(main)


def widget(version: str, name: str, **fields: str) -> Obj:
    return {"apiVersion": f"example.com/{version}", "kind": "Widget", "metadata": {"name": name}, **fields}


async def store_as(driver: Driver, version: str) -> None:
    definition = await driver.ok("GET", CRD)
    for found in definition["spec"]["versions"]:
        found["storage"] = found["name"] == version
    await driver.ok("PUT", CRD, definition)
    await asyncio.sleep(0.02)


def test_an_object_is_converted_from_v1_to_v2() -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        made = await driver.ok("POST", V1, widget("v1", "w", hostPort="localhost:8080"))
        shown = await driver.ok("GET", f"{V2}/w")
        assert (shown["apiVersion"], shown["host"], shown["port"]) == ("example.com/v2", "localhost", "8080")
        assert "hostPort" not in shown and shown["metadata"] == made["metadata"]
        assert len(converter.calls) == 1 and await driver.ok("GET", f"{V2}/w") == shown and len(converter.calls) == 1

    run(test)


def test_a_list_of_both_stored_versions_is_shown_in_either() -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        await driver.ok("POST", V1, widget("v1", "a", hostPort="localhost:1"))
        await store_as(driver, "v2")
        await driver.ok("POST", V1, widget("v1", "b", hostPort="localhost:2"))
        for url, shown in ((V1, [("localhost:1", None), ("localhost:2", None)]), (V2, [(None, "1"), (None, "2")])):
            listed = await driver.ok("GET", url)
            assert [(item.get("hostPort"), item.get("port")) for item in listed["items"]] == shown
        stored = [item.object["apiVersion"] for item in driver.server.backend.all_of("example.com", "widgets")]
        assert stored == ["example.com/v1", "example.com/v2"]
        await driver.ok("PATCH", f"{V1}/a", {"hostPort": "localhost:3"}, headers={"content-type": MERGE})
        assert (await driver.ok("GET", f"{V2}/a"))["port"] == "3"
        rows = await driver.ok("GET", V2, headers={"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
        assert [row["object"]["metadata"]["name"] for row in rows["rows"]] == ["a", "b"]
        await driver.ok("DELETE", f"{V2}/a")
        gone = await driver.ok("DELETE", V2)
        assert [item["port"] for item in gone["items"]] == ["2"]

    run(test)


def test_a_watch_shows_its_version_in_order() -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        await driver.ok("POST", V1, widget("v1", "a", hostPort="localhost:1"))
        query = {"watch": "1", "timeoutSeconds": "1", "allowWatchBookmarks": "true"}
        response = await driver.send("GET", V2, query=query)
        await driver.ok("POST", V2, widget("v2", "b", host="localhost", port="2"))
        await driver.ok("DELETE", f"{V1}/a")
        events = [json.loads(line) for line in (await response.read()).splitlines()]
        shown = [(event["type"], event["object"]["metadata"]["name"], event["object"]["port"]) for event in events
                 if event["type"] != "BOOKMARK"]  # fmt: skip
        assert shown == [("ADDED", "a", "1"), ("ADDED", "b", "2"), ("DELETED", "a", "1")]

    run(test)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"uid": "x"}, 'failed: expected response.uid="'),
        ({"result": {"status": "Failed", "message": "no way"}}, "failed: no way"),
        ({"result": {}}, "failed: response.result.status was '', not 'Success'"),
        ({"convertedObjects": []}, "returned 0 objects, expected 1"),
        ({"convertedObjects": [widget("v1", "w")]}, "invalid groupVersion (expected example.com/v2, received example.com/v1)"),
        ({"convertedObjects": [{**widget("v2", "w"), "kind": "X"}]}, "invalid kind (expected Widget, received X)"),
        ({"convertedObjects": [widget("v2", "other")]}, "returned invalid object: must have the same name: w != other"),
        ({"convertedObjects": [{"apiVersion": "example.com/v2", "kind": "Widget"}]}, "missing metadata in converted object"),
        ({"convertedObjects": [1]}, "it is no object"),
    ],
)
def test_webhooks_that_get_it_wrong(change: Obj, text: str) -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        await driver.ok("POST", V1, widget("v1", "w", hostPort="localhost:1"))
        converter.change = lambda response: {**response, **change}
        status, answer = await driver.call("GET", f"{V2}/w")
        assert status == 500 and answer["message"].startswith("conversion webhook for example.com/v1, Kind=Widget ")
        assert text in answer["message"]

    run(test)


@pytest.mark.parametrize(
    ("meta", "text"),
    [
        ({"labels": {"a": 1}}, "metadata.labels[a] must be a string, but is int in converted object"),
        ({"labels": {"-": "x"}}, "metadata.labels"),
        ({"annotations": []}, "invalid metadata.annotations of type list"),
    ],
)
def test_labels_may_change_but_must_be_valid(meta: Obj, text: str) -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        await driver.ok("POST", V1, widget("v1", "w", hostPort="localhost:1"))

        def with_meta(**more: Any) -> Callable[[Obj], Obj]:
            return lambda response: {**response, "convertedObjects": [
                {**tree, "metadata": {**tree["metadata"], **more}} for tree in response["convertedObjects"]
            ]}  # fmt: skip

        converter.change = with_meta(**meta)
        status, answer = await driver.call("GET", f"{V2}/w")
        assert status == 500 and text in answer["message"]
        converter.change = with_meta(labels={"seen": "yes"}, finalizers=["x/y"])
        shown = await driver.ok("GET", f"{V2}/w")
        assert shown["metadata"]["labels"] == {"seen": "yes"} and "finalizers" not in shown["metadata"]

    run(test)


def test_a_write_whose_conversion_fails_stores_nothing() -> None:
    async def test(driver: Driver, converter: Converter) -> None:
        converter.change = lambda response: {**response, "result": {"status": "Failed", "message": "no"}}
        status, answer = await driver.call("POST", V2, widget("v2", "w", host="h", port="1"))
        assert status == 500 and answer["message"] == "conversion webhook for example.com/v2, Kind=Widget failed: no"
        assert driver.server.backend.all_of("example.com", "widgets") == []
        definition = await driver.ok("GET", CRD)
        definition["spec"]["conversion"] = {"strategy": "None"}
        await driver.ok("PUT", CRD, definition)
        assert driver.server.backend.conversions is None
        await driver.ok("POST", V2, widget("v2", "w", host="h", port="1"))

    run(test)

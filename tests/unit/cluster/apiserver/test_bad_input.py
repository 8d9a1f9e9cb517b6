"""Whatever a client sends, it gets a Status or a plain refusal: never a 500, never a hang."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, crd, established, serve

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
YAML = "application/yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
TWICE = b'{"metadata":{"name":"x"},"data":{"a":"1","a":"2"}}'
PROTOBUF = "application/vnd.kubernetes.protobuf"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)


def deep(count: int) -> bytes:
    return b'{"metadata":{"name":"x"},"data":' + b'{"a":' * count + b"1" + b"}" * count + b"}"


BODIES: list[tuple[str, str, dict[str, Any], int]] = [
    ("empty", "POST", {"raw": b""}, 400),
    ("no json", "POST", {"raw": b"{nope"}, 400),
    ("half", "POST", {"raw": b'{"metadata": {"na'}, 400),
    ("trailing", "POST", {"raw": b"{} {}"}, 400),
    ("array", "POST", {"raw": b"[]"}, 400),
    ("text", "POST", {"raw": b'"x"'}, 400),
    ("number", "POST", {"raw": b"1"}, 400),
    ("null", "POST", {"raw": b"null"}, 422),
    ("bad utf-8", "POST", {"raw": b'{"metadata":{"name":"\xff\xfe"}}'}, 400),
    ("lone surrogate", "POST", {"raw": b'{"metadata":{"name":"\\ud800"}}'}, 400),
    ("nul bytes", "POST", {"raw": b"\x00" * 100}, 400),
    ("bom", "POST", {"raw": b'\xef\xbb\xbf{"metadata":{"name":"x"}}'}, 400),
    ("nan", "POST", {"raw": b'{"metadata":{"name":"x"},"data":{"a":NaN}}'}, 400),
    ("deep data", "POST", {"raw": deep(600)}, 400),
    ("very deep", "POST", {"raw": deep(100_000)}, 400),
    ("deep arrays", "POST", {"raw": b"[" * 200_000}, 400),
    ("too large", "POST", {"raw": b"x" * (3 * 1024 * 1024 + 1)}, 413),
    ("duplicate strict", "POST", {"raw": TWICE, "query": {"fieldValidation": "Strict"}}, 400),
    ("unknown strict", "POST", {"body": {"metadata": {"name": "x"}, "zz": 1}, "query": {"fieldValidation": "Strict"}}, 400),
    ("kind number", "POST", {"body": {"kind": 5, "metadata": {"name": "x"}}}, 400),
    ("wrong kind", "POST", {"body": {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "x"}}}, 400),
    ("wrong version", "POST", {"body": {"kind": "ConfigMap", "apiVersion": "v7", "metadata": {"name": "x"}}}, 400),
    ("metadata list", "POST", {"body": {"metadata": []}}, 400),
    ("metadata text", "POST", {"body": {"metadata": "x"}}, 400),
    ("labels number", "POST", {"body": {"metadata": {"name": "x", "labels": {"a": 1}}}}, 400),
    ("labels list", "POST", {"body": {"metadata": {"name": "x", "labels": ["a"]}}}, 400),
    ("name object", "POST", {"body": {"metadata": {"name": {"a": 1}}}}, 400),
    ("name path", "POST", {"body": {"metadata": {"name": "../x"}}}, 422),
    ("name long", "POST", {"body": {"metadata": {"name": "x" * 300}}}, 422),
    ("name newline", "POST", {"body": {"metadata": {"name": "a\nb"}}}, 422),
    ("owner garbage", "POST", {"body": {"metadata": {"name": "x", "ownerReferences": [{}]}}}, 422),
    ("time garbage", "POST", {"body": {"metadata": {"name": "x", "creationTimestamp": "soon"}}}, 400),
    ("finalizer garbage", "POST", {"body": {"metadata": {"name": "x", "finalizers": ["a b"]}}}, 422),
    ("huge int", "POST", {"raw": b'{"metadata":{"name":"x","generation":99999999999999999999999}}'}, 400),
    ("binary garbage", "POST", {"body": {"metadata": {"name": "x"}, "binaryData": {"a": "?"}}}, 400),
    ("unknown media", "POST", {"raw": b"x", "headers": {"content-type": "text/csv"}}, 415),
    ("multipart", "POST", {"raw": b"x", "headers": {"content-type": "multipart/form-data"}}, 415),
    ("yaml bomb", "POST", {"raw": BOMB.encode(), "headers": {"content-type": YAML}}, 400),
    ("yaml deep", "POST", {"raw": b"[" * 5000, "headers": {"content-type": YAML}}, 400),
    ("yaml very deep", "POST", {"raw": b"[" * 200_000 + b"]" * 200_000, "headers": {"content-type": YAML}}, 400),
    ("yaml deep blocks", "POST", {"raw": b"- " * 200_000 + b"a", "headers": {"content-type": YAML}}, 400),
    ("yaml alias of itself", "POST", {"raw": b"a: &a [*a]", "headers": {"content-type": YAML}}, 400),
    ("yaml tag", "POST", {"raw": b"!!python/object/apply:os.system ['true']", "headers": {"content-type": YAML}}, 400),
    ("yaml two documents", "POST", {"raw": b"a: 1\n---\nb: 2\n", "headers": {"content-type": YAML}}, 400),
    ("yaml bad utf-8", "POST", {"raw": b"\xff\xfe\x00", "headers": {"content-type": YAML}}, 400),
    ("yaml tabs", "POST", {"raw": b"a:\n\t- b", "headers": {"content-type": YAML}}, 400),
    ("protobuf empty", "POST", {"raw": b"", "headers": {"content-type": PROTOBUF}}, 400),
    ("protobuf no magic", "POST", {"raw": b"hello", "headers": {"content-type": PROTOBUF}}, 400),
    ("protobuf cut", "POST", {"raw": b"k8s\x00\x0a\xff", "headers": {"content-type": PROTOBUF}}, 400),
    ("protobuf noise", "POST", {"raw": b"k8s\x00" + bytes(range(256)), "headers": {"content-type": PROTOBUF}}, 400),
    ("bad dry run", "POST", {"body": {"metadata": {"name": "x"}}, "query": {"dryRun": "maybe"}}, 422),
    ("bad validation", "POST", {"body": {"metadata": {"name": "x"}}, "query": {"fieldValidation": "x"}}, 422),
    ("long manager", "POST", {"body": {"metadata": {"name": "x"}}, "query": {"fieldManager": "m" * 200}}, 422),
    ("odd manager", "POST", {"body": {"metadata": {"name": "x"}}, "query": {"fieldManager": "a\x01b"}}, 422),
    ("accept nothing", "POST", {"body": {"metadata": {"name": "x"}}, "headers": {"accept": "image/png"}}, 406),
    ("limit", "GET", {"query": {"limit": "x"}}, 400),
    ("limit float", "GET", {"query": {"limit": "1.5"}}, 400),
    ("timeout", "GET", {"query": {"timeoutSeconds": "x"}}, 400),
    ("revision", "GET", {"query": {"resourceVersion": "x"}}, 400),
    ("revision match", "GET", {"query": {"resourceVersion": "1", "resourceVersionMatch": "x"}}, 422),
    ("continue", "GET", {"query": {"continue": "x"}}, 400),
    ("continue json", "GET", {"query": {"continue": "eyJhIjoxfQ"}}, 400),
    ("continue unicode", "GET", {"query": {"continue": "é"}}, 400),
    ("label selector", "GET", {"query": {"labelSelector": "a in ("}}, 400),
    ("label selector noise", "GET", {"query": {"labelSelector": "=,=!!"}}, 400),
    ("field selector", "GET", {"query": {"fieldSelector": "x"}}, 400),
    ("field selector unknown", "GET", {"query": {"fieldSelector": "data.x=1"}}, 400),
    ("huge query", "GET", {"query": {"labelSelector": "a" * 100_000}}, 414),
    ("include object", "GET", {"query": {"includeObject": "x"}, "headers": {"accept": TABLE}}, 400),
]  # fmt: skip


async def _refused(driver: Driver, method: str, path: str, options: dict[str, Any], wanted: int) -> None:
    began = time.monotonic()
    status, value = await driver.call(method, path, **options)
    assert status == wanted, value
    assert time.monotonic() - began < 1.0
    if isinstance(value, dict):
        assert value["kind"] == "Status" and value["status"] == "Failure" and value["message"]


@pytest.mark.parametrize(("name", "method", "options", "wanted"), BODIES, ids=[row[0] for row in BODIES])
def test_requests_that_cannot_be_served(name: str, method: str, options: dict[str, Any], wanted: int) -> None:
    async def test(driver: Driver) -> None:
        await _refused(driver, method, MAPS, options, wanted)

    serve(test)


PATHS = [
    ("GET", "/api/v1/namespaces/../secrets", 404),
    ("GET", "/api/v1//pods", 404),
    ("GET", "/api/v1/namespaces/default/pods/..", 404),
    ("GET", "/api/v1/pods\x00", 404),
    ("GET", "/" + "a" * 10_000, 414),
    ("GET", "/apis/apps/v1/namespaces/default/deployments/x/y/z", 404),
    ("GET", "/api/v1/namespaces/default/pods/x/log/extra", 404),
    ("GET", "/apis", 200),
    ("PROPFIND", "/api/v1/pods", 405),
    ("POST", "/api/v1/pods", 405),
    ("DELETE", "/api/v1/namespaces/default/pods/x/log", 405),
    ("GET", "/openapi/v3/../../etc/passwd", 404),
    ("GET", "/healthz/../metrics", 404),
]


@pytest.mark.parametrize(("method", "path", "wanted"), PATHS, ids=[row[1][:40].replace("\x00", "NUL") for row in PATHS])
def test_paths_that_lead_nowhere(method: str, path: str, wanted: int) -> None:
    async def test(driver: Driver) -> None:
        status, _ = await driver.call(method, path)
        assert status == wanted

    serve(test)


PATCHES = [
    (JSON_PATCH, b"{}", 400),
    (JSON_PATCH, b"[1]", 422),
    (JSON_PATCH, b'[{"op":"x","path":"/a"}]', 422),
    (JSON_PATCH, b'[{"op":"add","path":"/data/a/b/c","value":1}]', 422),
    (JSON_PATCH, b'[{"op":"test","path":"/data/a","value":"no"}]', 422),
    (JSON_PATCH, b'[{"op":"replace","path":"","value":5}]', 422),
    (JSON_PATCH, json.dumps([{"op": "add", "path": "/data/a", "value": "x"}] * 10_001).encode(), 413),
    (MERGE, b"[]", 400),
    (MERGE, b"{", 400),
    (MERGE, b'{"data":5}', 422),
    (MERGE, b'{"metadata":{"name":"other"}}', 400),
    (MERGE, b'{"metadata":{"resourceVersion":"x"}}', 422),
    (STRATEGIC, b"5", 400),
    (STRATEGIC, b'{"data":["x"]}', 422),
    (APPLY, b"a: [", 400),
    (APPLY, b"- a", 400),
    (APPLY, BOMB.encode(), 400),
    (APPLY, b"apiVersion: v1\nkind: ConfigMap\nmetadata: x\n", 400),
    (APPLY, b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", 400),
    ("text/plain", b"{}", 415),
    ("", b"{}", 415),
]


@pytest.mark.parametrize(("media", "raw", "wanted"), PATCHES, ids=[f"{row[0]}-{row[1][:30]!r}" for row in PATCHES])
def test_patches_that_cannot_be_applied(media: str, raw: bytes, wanted: int) -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}, "data": {"a": "1"}})
        query = {"fieldManager": "m"} if media == APPLY else {}
        await _refused(driver, "PATCH", f"{MAPS}/x", {"raw": raw, "headers": {"content-type": media}, "query": query}, wanted)

    serve(test)


def test_odd_pods_are_refused_with_findings() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
        for field, value in (
            ("containers", "x"), ("containers", [None]), ("containers", [{}]), ("containers", [[]]), ("volumes", [{"name": 5}]),
            ("tolerations", {"a": 1}), ("affinity", []), ("terminationGracePeriodSeconds", "x"), ("nodeSelector", [1]),
            ("imagePullSecrets", [{}, {}]),
        ):  # fmt: skip
            status, value = await driver.call("POST", PODS, {**POD, "spec": {**POD["spec"], field: value}})
            assert status in (201, 400, 422), (field, value)

    serve(test)


def test_odd_definitions_and_custom_objects_are_refused() -> None:
    async def test(driver: Driver) -> None:
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for spec in ({}, {"versions": None}, {"versions": [{}]}, {"names": {}}, {"group": 5}, {"versions": [{"schema": []}]}):
            status, value = await driver.call("POST", path, {"metadata": {"name": "x.y"}, "spec": spec})
            assert status in (400, 422), value
        await established(driver, crd(spec={"size": {"type": "integer"}}))
        widgets = "/apis/example.com/v1/namespaces/default/widgets"
        for body in (
            {"metadata": 5},
            {"metadata": {"name": "x"}, "spec": []},
            {"metadata": {"name": "x"}, "spec": {"size": "x"}},
        ):
            status, value = await driver.call("POST", widgets, {"apiVersion": "example.com/v1", "kind": "Widget", **body})
            assert status in (400, 422), value

    serve(test)

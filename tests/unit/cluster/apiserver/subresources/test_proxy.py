"""Requests passed on to Pods and Services."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilothouse.cluster.apiserver.errors import StatusError
from pilothouse.cluster.apiserver.subresources.proxy import split_name
from pilothouse.wire.http.messages import Response
from tests.unit.cluster.apiserver.driver import ADMIN, Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import PODS, Node, Program, bound_pod

ANSWER = b"HTTP/1.1 203 Fine\r\ncontent-length: 2\r\ncontent-type: text/x\r\nx-own: 1\r\n\r\nok"


async def passed_on(driver: Driver, node: Node, method: str, path: str, **more: Any) -> tuple[Response, bytes]:
    sending = asyncio.ensure_future(driver.send(method, path, **more))
    while len(node.far) == 0 and not sending.done():
        await asyncio.sleep(0)
    received = b""
    if node.far:
        far = node.far.pop()
        received = await far.read()
        await far.write(ANSWER)
    return await sending, received


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", ("", "a", "")), ("a:b", ("", "a", "b")), ("http:a:b", ("http", "a", "b")), ("https:a:", ("https", "a", ""))],
)
def test_names_carry_scheme_and_port(text: str, expected: tuple[str, str, str]) -> None:
    assert split_name(text) == expected


@pytest.mark.parametrize("text", ["ftp:a:b", "a:b:c:d"])
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(StatusError):
        split_name(text)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_pod_is_asked_what_the_client_asked(method: str) -> None:
    async def test(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver, podIP="10.244.0.9")
        headers = {"authorization": "Basic x", "impersonate-user": "jane", "impersonate-group": "system:masters", "x-mine": "2"}
        path = f"{PODS}/http:p:web/proxy/some/path/"
        response, received = await passed_on(driver, node, method, path, raw=b"body", query={"a": "1"}, headers=headers)
        assert (response.status, response.header("x-own"), response.header("content-type")) == (203, "1", "text/x")
        assert await response.read() == b"ok"
        head, _, body = received.decode().partition("\r\n\r\n")
        assert head.startswith(f"{method} /some/path/?a=1 HTTP/1.1\r\n") and body == "body"
        assert "x-mine: 2" in head and "x-forwarded-for: test" in head and "host: 10.244.0.9:80" in head
        assert "authorization" not in head and "impersonate" not in head
        assert node.calls == [("dial", "p", 80, False, False)]

    serve(test)


def test_pages_and_redirects_lead_back_through_the_proxy() -> None:
    async def test(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver, podIP="10.244.0.9")
        page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n<a href='/next'>x</a>"
        sending = asyncio.ensure_future(driver.send("GET", f"{PODS}/https:p:80/proxy/sub/"))
        while not node.far:
            await asyncio.sleep(0)
        await node.far[0].write(page)
        await node.far[0].write_eof()
        assert await (await sending).read() == f"<a href='{PODS}/https:p:80/proxy/next'>x</a>".encode()
        assert node.calls == [("dial", "p", 80, False, True)]
        moved = b"HTTP/1.1 302 Found\r\nlocation: http://10.244.0.9:80/login?a=1\r\ncontent-length: 0\r\n\r\n"
        sending = asyncio.ensure_future(driver.send("GET", f"{PODS}/p/proxy/"))
        while len(node.far) < 2:
            await asyncio.sleep(0)
        await node.far[1].write(moved)
        assert (await sending).header("location") == f"{PODS}/p/proxy/login?a=1"

    serve(test)


def test_a_missing_slash_is_added_by_a_redirect() -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver, podIP="10.244.0.9")
        response = await driver.send("GET", f"{PODS}/p:80/proxy", query={"a": "1"})
        assert (response.status, response.header("location")) == (301, f"{PODS}/p:80/proxy/?a=1")

    serve(test)


def test_a_service_is_one_of_its_ready_endpoints() -> None:
    async def test(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver, podIP="10.244.0.9")
        spec = {"ports": [{"name": "http", "port": 8080, "targetPort": "web"}]}
        await driver.ok("POST", "/api/v1/namespaces/ns/services", {"metadata": {"name": "s"}, "spec": spec})
        services = "/api/v1/namespaces/ns/services"
        status, value = await driver.call("GET", f"{services}/s:http/proxy/")
        assert status == 404 and value["message"] == 'services "s" not found'
        endpoints = [
            {"addresses": ["10.244.0.8"], "conditions": {"ready": False}, "targetRef": {"kind": "Pod", "name": "other"}},
            {"addresses": ["10.244.0.9"], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": "p"}},
        ]
        piece = {
            "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}}, "addressType": "IPv4",
            "ports": [{"name": "http", "port": 80}], "endpoints": endpoints,
        }  # fmt: skip
        await driver.ok("POST", "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices", piece)
        for name in ("s:http", "s:8080", "http:s:http"):
            response, received = await passed_on(driver, node, "GET", f"{services}/{name}/proxy/x")
            assert response.status == 203 and received.startswith(b"GET /x "), name
        for port in ("other", ""):
            status, value = await driver.call("GET", f"{services}/s:{port}/proxy/")
            assert status == 503 and value["message"] == f'no service port "{port}" found for service "s"'
        headers = {"content-type": "application/merge-patch+json"}
        path = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/s-1"
        await driver.ok("PATCH", path, {"endpoints": endpoints[:1]}, headers=headers)
        status, value = await driver.call("GET", f"{services}/s:http/proxy/")
        assert status == 503 and value["message"] == 'no endpoints available for service "s"'

    serve(test)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (f"{PODS}/gone/proxy/", 404, 'pods "gone" not found'),
        (f"{PODS}/p:81/proxy/", 503, "error trying to reach service: connect: connection refused"),
        (f"{PODS}/p:nope/proxy/", 400, 'invalid pod request "p:nope"'),
        ("/api/v1/nodes/gone/proxy/", 404, 'nodes "gone" not found'),
    ],
)
def test_targets_that_cannot_be_reached(path: str, status: int, text: str) -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver, podIP="10.244.0.9")
        found, value = await driver.call("GET", path, peer=ADMIN)
        assert found == status and text in value["message"], value

    serve(test)


def test_a_pod_without_address_is_not_allowed() -> None:
    async def test(driver: Driver) -> None:
        await bound_pod(driver)
        status, value = await driver.call("GET", f"{PODS}/p/proxy/")
        assert status == 400 and value["message"] == "address not allowed"

    serve(test)


def test_a_node_answers_for_itself() -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await driver.ok("POST", "/api/v1/nodes", {"metadata": {"name": "n"}})
        for name in ("n", "n:10250", "https:n:10250"):
            assert await driver.call("GET", f"/api/v1/nodes/{name}/proxy/healthz") == (200, b"n ok")
        assert (await driver.call("GET", "/api/v1/nodes/n/proxy/other"))[0] == 404

    serve(test)

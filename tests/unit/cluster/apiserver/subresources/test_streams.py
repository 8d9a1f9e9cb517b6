"""What is refused before a connection is upgraded, and in which words."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import forbidden
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import POD, Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import PODS, WEBSOCKET, Node, Program, begin, bound_pod, upgrade

V5 = "v5.channel.k8s.io"
READER = Peer("test", "reader", ())


@pytest.mark.parametrize(
    ("target", "protocol", "status", "text"),
    [
        ("p/exec?stdout=1&container=c&command=ls", "", 101, ""),
        ("p/exec?stdout=1&container=c&command=ls", "v9.channel.k8s.io", 400, "none of the subprotocols ['v9.channel.k8s.io']"),
        ("p/exec?stdout=1&container=z&command=ls", V5, 400, "container z is not valid for pod p"),
        ("p/exec?container=c&command=ls", V5, 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("gone/exec?stdout=1", V5, 404, 'pods "gone" not found'),
        ("q/exec?stdout=1", V5, 400, "pod q does not have a host assigned"),
        ("p/portforward", "v4.channel.k8s.io", 400, 'query parameter "port" is required'),
        ("p/portforward?ports=0", "v4.channel.k8s.io", 400, "numbers from 1 to 65535"),
        ("q/portforward", "SPDY/3.1+portforward.k8s.io", 400, "pod q does not have a host assigned"),
    ],
)
def test_requests_are_checked_first(target: str, protocol: str, status: int, text: str) -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        await driver.ok("POST", PODS, {**POD, "metadata": {"name": "q"}})
        response = await upgrade(driver, target, protocol)
        assert response.status == status
        assert text in (await response.read()).decode().replace('\\"', '"')

    serve(test)


def test_an_upgrade_is_required_and_spdy_is_one() -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        status, value = await driver.call("POST", f"{PODS}/p/exec", query={"stdout": "1", "container": "c", "command": "ls"})
        assert status == 400 and value["message"] == "Upgrade request required"
        old = {"upgrade": "SPDY/3.1", "x-stream-protocol-version": "v9.channel.k8s.io, v4.channel.k8s.io"}
        response = await upgrade(driver, "p/exec?stdout=1&container=c&command=ls", headers=old)
        assert response.header("x-stream-protocol-version") == "v4.channel.k8s.io"
        response = await upgrade(driver, "p/portforward", headers={**old, "x-stream-protocol-version": "other"})
        assert response.status == 400

    serve(test)


async def grant(driver: Driver, *verbs: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": list(verbs)}]
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns"
    await driver.ok("POST", f"{roles}/roles", {"metadata": {"name": "r"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}]
    await driver.ok("POST", f"{roles}/rolebindings", {"metadata": {"name": "b"}, "roleRef": reference, "subjects": subjects})
    await asyncio.sleep(0.01)


@pytest.mark.parametrize(("verbs", "status"), [(("get",), 403), (("create",), 403), (("get", "create"), 101)])
def test_a_websocket_needs_the_right_to_create(verbs: tuple[str, ...], status: int) -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        await grant(driver, *verbs)
        response = await upgrade(driver, "p/exec?stdout=1&container=c&command=ls", V5, READER)
        assert response.status == status
        if verbs == ("get",):
            assert b'cannot create resource \\"pods/exec\\"' in await response.read()

    serve(test)


def test_admission_is_asked_about_connecting() -> None:
    seen: list[tuple[str, Obj]] = []

    class Refusal(Stage):
        async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
            seen.append((call.verb, obj))
            raise forbidden(call.resource, call.name, "no shells here")

    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        driver.server.admission.add(Refusal())
        response = await upgrade(driver, "p/exec?stdin=1&tty=1&container=c&command=sh&command=-l", V5)
        assert response.status == 403 and b"no shells here" in await response.read()
        wanted = {"kind": "PodExecOptions", "apiVersion": "v1", "stdin": True, "tty": True, "container": "c"}
        assert seen == [("connect", {**wanted, "command": ["sh", "-l"]})]

    serve(test)


def test_a_container_that_does_not_run_is_told_on_the_error_channel() -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        client, task, _ = begin(await upgrade(driver, "p/attach?stdout=1&container=c", V5))
        assert await client.receive() == b"\x01"
        message = await client.receive()
        assert message is not None and message[0] == 3
        assert b'unable to upgrade connection: container not found (\\"c\\")' in message
        assert await client.receive() is None
        await task

    serve(test)
    assert "sec-websocket-key" in WEBSOCKET

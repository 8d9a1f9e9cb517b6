"""What the audit log holds of requests to a server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.apiserver.http.audit.policy import read_policy
from pilothouse.cluster.apiserver.http.audit.trail import Auditor
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer, Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver

MAPS = "/api/v1/namespaces/default/configmaps"


class Lines:
    """Records in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, line: bytes) -> None:
        self.events.append(json.loads(line))

    def stages(self) -> list[tuple[str, str, int]]:
        return [(each["verb"], each["stage"], each.get("responseStatus", {}).get("code", 0)) for each in self.events]


def audited(rules: list[dict[str, Any]], test: Callable[[Driver, Lines], Awaitable[None]], **policy: Any) -> None:
    async def main() -> None:
        lines = Lines()
        auditor = Auditor(read_policy({"rules": rules, **policy}), lines, SystemClock(), Entropy(1))
        server = ApiServer(MemoryStore(), entropy=Entropy(1), auditor=auditor)
        await server.start()
        try:
            await test(Driver(server), lines)
        finally:
            await server.stop()

    asyncio.run(main())


def test_a_request_is_recorded_when_it_comes_and_when_it_is_answered() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        response = await driver.send("POST", MAPS, {"metadata": {"name": "x"}}, headers={"audit-id": "my-id"})
        assert response.header("audit-id") == "my-id"
        received, complete = lines.events
        assert received["stage"] == "RequestReceived" and "responseStatus" not in received
        assert received["requestReceivedTimestamp"] == complete["requestReceivedTimestamp"] <= complete["stageTimestamp"]
        assert complete["auditID"] == received["auditID"] == "my-id"
        assert complete["apiVersion"] == "audit.k8s.io/v1" and complete["kind"] == "Event" and complete["level"] == "Metadata"
        assert complete["user"] == {"username": "admin", "groups": ["system:masters", "system:authenticated"]}
        assert complete["sourceIPs"] == ["test"] and complete["userAgent"] == "unit/1" and complete["verb"] == "create"
        assert complete["objectRef"] == {"resource": "configmaps", "namespace": "default", "apiVersion": "v1"}
        assert complete["responseStatus"] == {"metadata": {}, "code": 201}
        assert complete["annotations"]["authorization.k8s.io/decision"] == "allow"
        assert "requestObject" not in complete

    audited([{"level": "Metadata"}], test)


def test_bodies_are_recorded_at_the_levels_that_ask_for_them() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}, "data": {"a": "1"}})
        created = lines.events[-1]
        assert created["requestObject"]["data"] == created["responseObject"]["data"] == {"a": "1"}
        assert "managedFields" not in created["responseObject"]["metadata"], "the policy omits them"
        patch = {"content-type": "application/apply-patch+yaml"}
        raw = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata: {b: two}\n"
        await driver.ok("PATCH", f"{MAPS}/y", raw=raw, headers=patch, query={"fieldManager": "m"})
        assert lines.events[-1]["requestObject"]["data"] == {"b": "two"}
        await driver.ok("GET", f"{MAPS}/x")
        assert "requestObject" not in lines.events[-1] and "responseObject" not in lines.events[-1], (
            "reads: Request without a body"
        )
        await driver.ok("POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}, "stringData": {"p": "hidden"}})
        assert "hidden" not in json.dumps(lines.events) and base64.b64encode(b"hidden").decode() not in json.dumps(lines.events)

    rules = [
        {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}]},
        {"level": "Request", "verbs": ["get"]},
        {"level": "RequestResponse"},
    ]
    audited(rules, test, omitStages=["RequestReceived"], omitManagedFields=True)


def test_refusals_say_why() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        await driver.call("GET", f"{MAPS}/x", peer=Peer("203.0.113.9:4711", "eve"))
        refused = lines.events[-1]
        assert refused["user"]["username"] == "eve" and refused["sourceIPs"] == ["203.0.113.9"]
        assert refused["responseStatus"]["code"] == 403 and refused["responseStatus"]["reason"] == "Forbidden"
        assert refused["annotations"]["authorization.k8s.io/decision"] == "forbid"
        await driver.call("GET", f"{MAPS}/none")
        assert lines.events[-1]["responseStatus"]["message"] == 'configmaps "none" not found'
        await driver.call("GET", "/healthz")
        assert "objectRef" not in lines.events[-1] and lines.events[-1]["requestURI"] == "/healthz"
        status, _ = await driver.call("GET", MAPS, peer=Peer(), headers={"authorization": "Bearer nobody-knows"})
        assert status == 401
        assert lines.events[-1]["responseStatus"]["reason"] == "Unauthorized" and lines.events[-1]["user"] == {}

    audited([{"level": "Metadata"}], test, omitStages=["RequestReceived"])


def test_the_real_user_and_the_one_acted_as_are_both_named() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        await driver.call("GET", MAPS, headers={"impersonate-user": "bob", "impersonate-group": "system:masters"})
        event = lines.events[-1]
        assert event["user"]["username"] == "admin"
        assert event["impersonatedUser"]["username"] == "bob"

    audited([{"level": "Metadata"}], test)


def test_a_watch_is_recorded_when_it_starts_and_when_it_ends() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        watch = Request("GET", MAPS, [("watch", "true")], {}, b"", ADMIN, is_streaming=True)
        response = await driver.server.handle(watch)
        assert lines.stages() == [("watch", "RequestReceived", 0), ("watch", "ResponseStarted", 200)]
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        assert not isinstance(response.body, bytes)
        chunk = await anext(aiter(response.body))
        assert b'"ADDED"' in chunk
        await response.aclose()
        await response.aclose()
        assert lines.stages()[-1] == ("watch", "ResponseComplete", 200)
        assert [each[:2] for each in lines.stages()].count(("watch", "ResponseComplete")) == 1

    audited([{"level": "Metadata"}], test)


def test_what_the_policy_leaves_out_is_not_recorded() -> None:
    async def test(driver: Driver, lines: Lines) -> None:
        response = await driver.send("GET", MAPS)
        assert response.status == 200 and response.header("audit-id")
        assert lines.events == []

    audited([{"level": "None", "users": ["admin"]}, {"level": "Metadata"}], test)

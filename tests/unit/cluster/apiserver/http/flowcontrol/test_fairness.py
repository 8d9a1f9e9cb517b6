"""Requests that wait, are refused, or need not."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.cluster.apiserver import Config
from pilothouse.cluster.apiserver.context import Attributes, User
from pilothouse.wire.http.messages import Peer, Request, Response
from tests.unit.cluster.apiserver.driver import Driver, serve

URL = "/apis/flowcontrol.apiserver.k8s.io/v1/"
USER = Peer("test", "u")
ADMIN_GROUPS = Peer("test", "admin", ("system:masters",))


async def limit(driver: Driver, response: dict[str, Any], seats_of_server: int = 0) -> Any:
    """Give the requests of `u` a level of their own; returns it."""
    spec = {"type": "Limited", "limited": {"nominalConcurrencyShares": 1, "limitResponse": response, "borrowingLimitPercent": 0}}
    await driver.ok("POST", f"{URL}prioritylevelconfigurations", {"metadata": {"name": "small"}, "spec": spec})
    rule = {
        "subjects": [{"kind": "User", "user": {"name": "u"}}],
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }  # fmt: skip
    body = {"matchingPrecedence": 10, "priorityLevelConfiguration": {"name": "small"}, "rules": [rule]}
    await driver.ok("POST", f"{URL}flowschemas", {"metadata": {"name": "small"}, "spec": body})
    return driver.server.fairness.levels.by_name["small"]


async def version(driver: Driver) -> Response:
    return await driver.send("GET", "/version", peer=USER)


def test_answers_name_the_flow_errors_too() -> None:
    async def test(driver: Driver) -> None:
        schema = await driver.ok("GET", f"{URL}flowschemas/exempt")
        level = await driver.ok("GET", f"{URL}prioritylevelconfigurations/exempt")
        for path in ("/api/v1/namespaces/default", "/api/v1/namespaces/missing", "/version"):
            response = await driver.send("GET", path)
            assert response.header("x-kubernetes-pf-flowschema-uid") == schema["metadata"]["uid"]
            assert response.header("x-kubernetes-pf-prioritylevel-uid") == level["metadata"]["uid"]
        assert (await driver.send("GET", "/livez", peer=USER)).status == 200

    serve(test)


def test_a_level_without_queues_refuses() -> None:
    async def test(driver: Driver) -> None:
        level = await limit(driver, {"type": "Reject"})
        assert level.seats == 1 and (await version(driver)).status == 200
        assert level.enter(1)
        response = await version(driver)
        assert response.status == 429 and response.header("retry-after") == "1"
        assert response.body == b"Too many requests, please try again later.\n"
        level.leave(1)
        assert (await version(driver)).status == 200 and (level.rejected, level.in_use) == (1, 0)
        total = driver.server.metrics.counter("apiserver_flowcontrol_rejected_requests_total", "")
        assert total.value("small", "small", "concurrency-limit") == 1

    serve(test, Config(max_requests_inflight=1, max_mutating_requests_inflight=0))


QUEUE = {"type": "Queue", "queuing": {"queues": 1, "handSize": 1, "queueLengthLimit": 2}}


def test_requests_wait_for_their_turn_and_a_full_queue_refuses() -> None:
    async def test(driver: Driver) -> None:
        level = await limit(driver, QUEUE)
        assert level.enter(1)
        tasks = [asyncio.ensure_future(version(driver)) for _ in range(3)]
        while level.rejected == 0:
            await asyncio.sleep(0)
        dump = await (await driver.send("GET", "/debug/api_priority_and_fairness/dump_requests")).read()
        assert dump.count(b"small,") == 4 and level.waiting == 2
        level.leave(1)
        assert sorted(response.status for response in await asyncio.gather(*tasks)) == [200, 200, 429]
        assert (level.waiting, level.in_use) == (0, 0)
        text = driver.server.metrics.exposition()
        assert 'apiserver_flowcontrol_request_wait_duration_seconds_count{execute="true",flow_schema="small",' in text
        assert 'apiserver_flowcontrol_nominal_limit_seats{priority_level="small"} 1\n' in text

    serve(test, Config(max_requests_inflight=1, max_mutating_requests_inflight=0))


def test_a_client_that_goes_away_leaves_its_queue() -> None:
    async def test(driver: Driver) -> None:
        level = await limit(driver, QUEUE)
        assert level.enter(1)
        task = asyncio.ensure_future(version(driver))
        while not level.waiting:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert level.waiting == 0 and level.in_use == 1

    serve(test, Config(max_requests_inflight=1, max_mutating_requests_inflight=0))


def test_lists_are_as_wide_as_what_they_look_at() -> None:
    async def test(driver: Driver) -> None:
        for number in range(150):
            await driver.ok("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": f"c{number}"}})
        fairness = driver.server.fairness

        def width(verb: str, query: list[tuple[str, str]], name: str = "") -> int:
            wanted = Attributes(verb, True, "", "v1", "configmaps", "", "default", name)
            return fairness.width_of(wanted, Request("GET", "/", query))

        assert width("list", []) == 2 and width("list", [("limit", "50")]) == 1 and width("get", []) == 1
        assert width("list", [("limit", "x")]) == 2 and width("list", [], "c1") == 1
        assert fairness.width_of(Attributes("list", True, "", "v1", "nothing"), Request("GET", "/")) == 1

    serve(test)


def test_equal_users_have_one_flow_and_a_part_of_it_is_found_by_the_request() -> None:
    async def test(driver: Driver) -> None:
        fairness, wanted = driver.server.fairness, Attributes("get", True, "", "v1", "pods", "", "n")
        assert [fairness.flow_of(User("u", "", ("system:authenticated",)), wanted).schema.name for _ in range(3)] == [
            "global-default"
        ] * 3
        node = User("system:node:a", "", ("system:nodes", "system:authenticated"))
        lease = Attributes("update", True, "coordination.k8s.io", "v1", "leases", "", "kube-node-lease", "a")
        assert [fairness.flow_of(node, asked).schema.name for asked in (wanted, lease)] == ["system-nodes", "system-node-high"]
        assert fairness.flow_of(User("nobody"), wanted).schema.name == "catch-all"

    serve(test)


def test_a_change_of_configuration_counts_at_once() -> None:
    async def test(driver: Driver) -> None:
        assert (await version(driver)).header("x-kubernetes-pf-flowschema-uid")
        before = (await version(driver)).header("x-kubernetes-pf-flowschema-uid")
        await limit(driver, {"type": "Reject"})
        assert (await version(driver)).header("x-kubernetes-pf-flowschema-uid") != before
        await driver.ok("DELETE", f"{URL}flowschemas/small")
        assert (await version(driver)).header("x-kubernetes-pf-flowschema-uid") == before

    serve(test)

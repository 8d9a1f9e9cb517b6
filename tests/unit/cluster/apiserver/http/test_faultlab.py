"""Rehearsed failures as clients meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilothouse.wire.http.messages import Peer, Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver, serve

LAB = "/debug/faults"
MAPS = "/api/v1/namespaces/default/configmaps"
BODY = {"metadata": {"name": "x"}}


async def plan(driver: Driver, *rules: dict[str, Any], seed: int = 0) -> Any:
    return await driver.ok("PUT", LAB, {"seed": seed, "rules": list(rules)})


def test_the_plan_is_shown_counted_and_cleared_by_administrators_only() -> None:
    async def test(driver: Driver) -> None:
        assert await driver.ok("GET", LAB) == {"seed": 0, "rules": []}
        await plan(driver, {"point": "api.get", "action": "error", "code": 503, "match": {"kind": "ConfigMap"}, "after": 1})
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 404
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 503
        (rule,) = (await driver.ok("GET", LAB))["rules"]
        assert (rule["seen"], rule["struck"]) == (2, 1)
        for method in ("GET", "PUT", "DELETE"):
            assert (await driver.call(method, LAB, peer=Peer("test", "eve")))[0] == 403
        assert (await driver.call("POST", LAB))[0] == 405
        await driver.ok("DELETE", LAB)
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 404

    serve(test)


@pytest.mark.parametrize(
    ("code", "reason"), [(409, "Conflict"), (410, "Expired"), (429, "TooManyRequests"), (500, "InjectedFault"), (504, "Timeout")]
)
def test_errors_have_the_code_asked_for(code: int, reason: str) -> None:
    async def test(driver: Driver) -> None:
        await plan(
            driver, {"point": "api.create", "action": "error", "code": code, "match": {"client": "adm*", "agent": "unit/*"}}
        )
        status, answer = await driver.call("POST", MAPS, BODY)
        assert (status, answer["reason"]) == (code, reason)
        await driver.ok("DELETE", LAB)
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 404, "nothing was written"

    serve(test)


def test_a_dropped_answer_is_of_something_that_was_done() -> None:
    async def test(driver: Driver) -> None:
        await plan(driver, {"point": "api.create", "action": "drop", "count": 1})
        assert (await driver.call("POST", MAPS, BODY))[0] == 504
        assert (await driver.ok("GET", f"{MAPS}/x"))["metadata"]["name"] == "x"

    serve(test)


def test_a_stale_list_is_one_of_the_past() -> None:
    async def test(driver: Driver) -> None:
        for number in range(60):
            await driver.ok("POST", MAPS, {"metadata": {"name": f"m{number}"}})
        await plan(driver, {"point": "api.list", "action": "stale", "count": 1})
        old, new = await driver.ok("GET", MAPS), await driver.ok("GET", MAPS)
        assert (len(old["items"]), len(new["items"])) == (10, 60)
        assert int(old["metadata"]["resourceVersion"]) == int(new["metadata"]["resourceVersion"]) - 50

    serve(test)


def test_watches_end_after_some_events_with_or_without_a_word() -> None:
    async def watched(driver: Driver) -> list[dict[str, Any]]:
        watch = Request("GET", MAPS, [("watch", "true"), ("resourceVersion", "1")], {}, b"", ADMIN, is_streaming=True)
        response = await driver.server.handle(watch)
        return [json.loads(line) for line in (await response.read()).splitlines()]

    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, BODY)
        await plan(driver, {"point": "api.watch", "action": "cut", "events": 1})
        assert [event["type"] for event in await watched(driver)] == ["ADDED"]
        await plan(driver, {"point": "api.watch", "action": "expire"})
        (gone,) = await watched(driver)
        assert (gone["type"], gone["object"]["code"], gone["object"]["reason"]) == ("ERROR", 410, "Expired")

    serve(test)


def test_one_seed_strikes_the_same_requests_again() -> None:
    async def test(driver: Driver) -> None:
        runs = []
        for _ in range(2):
            await plan(driver, {"point": "api.get", "action": "error", "probability": 0.5}, seed=7)
            runs.append([(await driver.call("GET", f"{MAPS}/x"))[0] for _ in range(30)])
        assert runs[0] == runs[1]
        assert set(runs[0]) == {404, 500}

    serve(test)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"point": "api.fly", "action": "error"}, "'api.fly' is no point"),
        ({"point": "api.*", "action": "explode"}, "Invalid enum value 'explode'"),
        ({"point": "api.*", "action": "error", "match": {"colour": "red"}}, "'colour', which no operation has"),
        ({"point": "api.*", "action": "error", "code": 418}, "code 418 cannot be injected"),
        ({"point": "api.*", "action": "error", "probability": 2}, "a probability over 1"),
        ({"point": "api.*", "action": "error", "colour": 1}, "unknown field `colour`"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(rule: dict[str, Any], message: str) -> None:
    async def test(driver: Driver) -> None:
        status, answer = await driver.call("PUT", LAB, {"rules": [rule]})
        assert status == 422 and message in answer["message"]
        assert (await driver.call("PUT", LAB, raw=b"{"))[0] == 400
        assert (await driver.ok("GET", LAB))["rules"] == []

    serve(test)

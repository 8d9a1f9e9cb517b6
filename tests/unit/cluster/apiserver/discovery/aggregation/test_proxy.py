"""The Aggregator conformance test: a server behind this one is registered, used, watched and removed."""

from __future__ import annotations

import asyncio
import json

from pilothouse.cluster.apiserver.context import User
from pilothouse.cluster.apiserver.discovery.aggregation.proxy import identity
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.flunders import FLUNDERS, NAME, PATH, SERVICES, Flunders, api_service, config, flunders, until

FLUNDER = {"apiVersion": "wardle.example.com/v1alpha1", "kind": "Flunder", "metadata": {"name": "f"}}
ALICE = Peer("1.2.3.4", "alice", ("dev", "qa"))


def last(found: Flunders) -> dict[str, str]:
    """Return the headers of the last request that was passed on."""
    return next(request.headers for request in reversed(found.seen) if request.path == FLUNDERS)


def test_a_server_behind_this_one_is_used_and_removed() -> None:
    async def test(driver: Driver) -> None:
        async with flunders(driver) as found:
            assert json.loads(await driver.ok("POST", FLUNDERS, FLUNDER, query={"dryRun": "x y"})) == FLUNDER
            assert next(seen.query for seen in found.seen if seen.method == "POST") == [("dryRun", "x y")]
            listed = json.loads(await driver.ok("GET", FLUNDERS))
            assert listed["items"] == [FLUNDER]
            assert json.loads(await driver.ok("GET", PATH))["resources"][0]["name"] == "flunders"
            status, answer = await driver.call("GET", f"{PATH}/namespaces/default/others")
            assert (status, json.loads(answer)) == (404, {"kind": "Status", "message": "not here"})
            assert json.loads(await driver.ok("GET", f"/openapi/v3{PATH}"))["info"]["title"] == "flunders"
            await driver.ok("DELETE", f"{SERVICES}/{NAME}")
            assert (await driver.call("GET", FLUNDERS))[0] == 404
            groups = await driver.ok("GET", "/apis")
            assert all(group["name"] != "wardle.example.com" for group in groups["groups"])

    serve(test, config())


def test_watches_stream() -> None:
    async def test(driver: Driver) -> None:
        async with flunders(driver):
            response = await driver.send("GET", FLUNDERS, query={"watch": "1"})
            chunks = aiter(response.body)  # type: ignore[arg-type]
            for name in ("a", "b"):
                await driver.ok("POST", FLUNDERS, {**FLUNDER, "metadata": {"name": name}})
                async with asyncio.timeout(5):
                    event = json.loads(await anext(chunks))
                assert event["object"]["metadata"]["name"] == name
            await response.aclose()

    serve(test, config())


def test_the_user_is_told_and_cannot_be_made_up() -> None:
    async def test(driver: Driver) -> None:
        role = {"metadata": {"name": "r"}, "rules": [{"apiGroups": ["*"], "resources": ["flunders"], "verbs": ["list"]}]}
        path = "/apis/rbac.authorization.k8s.io/v1"
        await driver.ok("POST", f"{path}/clusterroles", role)
        binding = {
            "metadata": {"name": "r"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
            "subjects": [{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}],
        }  # fmt: skip
        await driver.ok("POST", f"{path}/clusterrolebindings", binding)
        async with flunders(driver) as found:
            made_up = {"x-remote-user": "admin", "x-remote-group": "system:masters", "authorization": "Basic x"}
            await driver.ok("GET", FLUNDERS, peer=ALICE, headers=made_up)
            headers = last(found)
            assert headers["x-remote-user"] == "alice" and "authorization" not in headers
            assert [part.strip() for part in headers["x-remote-group"].split(",")] == ["dev", "qa", "system:authenticated"]
            assert headers["x-forwarded-for"] == "1.2.3.4" and headers["host"] == "flunders.default.svc:443"
            assert (await driver.call("POST", FLUNDERS, FLUNDER, peer=ALICE))[0] == 403
            await driver.ok("GET", FLUNDERS, headers={"impersonate-user": "bob", "impersonate-group": "system:masters"})
            headers = last(found)
            assert headers["x-remote-user"] == "bob" and "impersonate-user" not in headers

    serve(test, config())


def test_identities_are_escaped() -> None:
    user = User("u\r\nx-evil: 1", "7", ("a", "b"), (("Example.com/Key", ("v",)),))
    assert identity(user) == [
        ("x-remote-user", "ux-evil: 1"), ("x-remote-uid", "7"), ("x-remote-group", "a"), ("x-remote-group", "b"),
        ("x-remote-extra-Example.com%2FKey", "v"),
    ]  # fmt: skip
    assert identity(User("ján€"))[0][1].encode("latin-1").decode() == "ján€"


def test_a_server_that_is_not_available_is_a_503() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SERVICES, api_service())
        await until(driver, "ServiceNotFound")
        status, text = await driver.call("GET", FLUNDERS)
        assert (status, text) == (503, b"service unavailable\n")

    serve(test, config())


def test_a_server_that_went_away_or_shows_another_certificate_is_a_503() -> None:
    async def test(driver: Driver) -> None:
        async with flunders(driver, caBundle=None, insecureSkipTLSVerify=True) as found:
            await driver.ok("GET", FLUNDERS)
            await driver.ok("PATCH", f"{SERVICES}/{NAME}", {"spec": {"insecureSkipTLSVerify": False}},
                            headers={"content-type": "application/merge-patch+json"})  # fmt: skip
            status, text = await driver.call("GET", FLUNDERS)
            assert status == 503 and b"certificate signed by unknown authority" in text
            assert found.objects == []
        driver.server.aggregator.remotes.backend.service_route = lambda address, port: ("127.0.0.1", 1)
        await driver.ok("PATCH", f"{SERVICES}/{NAME}", {"spec": {"insecureSkipTLSVerify": True}},
                        headers={"content-type": "application/merge-patch+json"})  # fmt: skip
        status, text = await driver.call("GET", FLUNDERS)
        assert status == 503 and b"dial tcp 127.0.0.1:1: connect: connection refused" in text

    serve(test, config())

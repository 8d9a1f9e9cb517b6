"""Health paths."""

from __future__ import annotations

from pilothouse.cluster.apiserver.discovery.health import slis
from tests.unit.cluster.apiserver.driver import Driver, serve


def test_checks_are_listed_and_failures_named() -> None:
    async def test(driver: Driver) -> None:
        assert await driver.ok("GET", "/readyz") == b"ok"
        assert b"[+]ping ok" in await driver.ok("GET", "/livez", query={"verbose": ""})
        driver.server.failing["etcd"] = "disk is full"
        status, text = await driver.call("GET", "/readyz")
        assert status == 500 and b"[-]etcd failed: disk is full" in text
        assert await driver.ok("GET", "/readyz", query={"exclude": "etcd"}) == b"ok"
        assert (await driver.call("GET", "/healthz/nothing"))[0] == 404

    serve(test)


def test_checks_are_metrics_too() -> None:
    body = slis({"etcd": "no"}).body
    assert isinstance(body, bytes)
    lines = body.decode().splitlines()
    assert 'kubernetes_healthcheck{name="etcd",type="livez"} 0' in lines
    assert 'kubernetes_healthcheck{name="ping",type="readyz"} 1' in lines

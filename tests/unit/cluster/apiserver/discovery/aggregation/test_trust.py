"""What is published for servers behind this one."""

from __future__ import annotations

import orjson

from pilothouse.cluster.apiserver import Config
from pilothouse.cluster.apiserver.discovery.aggregation.trust import publish
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

MAP = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"


def test_the_authorities_are_published_and_kept() -> None:
    async def test(driver: Driver) -> None:
        found = (await driver.ok("GET", MAP))["data"]
        assert found["requestheader-client-ca-file"] == "proxies" and found["client-ca-file"] == "clients"
        assert orjson.loads(found["requestheader-allowed-names"]) == ["front-proxy-client"]
        await driver.ok("PATCH", MAP, {"data": {"client-ca-file": "old"}}, headers={"content-type": MERGE})
        await publish(driver.server.backend)
        assert (await driver.ok("GET", MAP))["data"] == found
        revision = driver.server.backend.store.revision
        await publish(driver.server.backend)
        assert driver.server.backend.store.revision == revision

    serve(test, Config(proxy_authority_pem="proxies", client_authority_pem="clients"))


def test_without_certificates_nothing_is_published() -> None:
    async def test(driver: Driver) -> None:
        assert (await driver.call("GET", MAP))[0] == 404

    serve(test)

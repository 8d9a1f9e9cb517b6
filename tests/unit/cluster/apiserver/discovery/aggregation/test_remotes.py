"""The table of what is served elsewhere."""

from __future__ import annotations

from pilothouse.cluster.apiserver.discovery.aggregation.remotes import Remotes, remote_of
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.flunders import NAME, SERVICES, api_service


def test_the_table_follows_api_services() -> None:
    async def test(driver: Driver) -> None:
        remotes = Remotes(driver.server.backend)
        seen: list[str] = []
        remotes.on_change = seen.append
        await driver.ok("POST", SERVICES, api_service())
        found = remotes.find("/apis/wardle.example.com/v1alpha1/namespaces/x/flunders")
        assert found is not None and (found.service, found.port, found.path) == (
            "flunders",
            443,
            "/apis/wardle.example.com/v1alpha1",
        )
        assert remotes.find("/apis/wardle.example.com/v1alpha1") is found and remotes.find("/apis/wardle.example.com") is None
        assert remotes.find("/api/v1/pods") is None and remotes.find("/apis/apps/v1/deployments") is None
        assert remotes.priorities()["wardle.example.com"] == 2000 and remotes.priorities()[""] == 18000
        await driver.ok("DELETE", f"{SERVICES}/{NAME}")
        assert remotes.table == {} and set(seen) == {NAME}

    serve(test)


def test_trust_of_a_remote() -> None:
    tree = api_service()
    remote = remote_of(tree)
    assert remote is not None and not remote.is_available
    server = remote.server("c", "k")
    assert server.authority_pem.startswith(b"-----BEGIN") and not server.is_unverified and server.certificate_pem == b"c"
    assert remote.server("c", "k", is_checked=False).is_unverified
    assert remote_of({**tree, "spec": {**tree["spec"], "service": None}}) is None
    broken = remote_of({**tree, "spec": {**tree["spec"], "caBundle": "x"}})
    assert broken is not None and broken.authority_pem == b""

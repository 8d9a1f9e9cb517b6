"""Clusters that Secrets name."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pilothouse.delivery.gitops.adapters.clusters import read_destination
from pilothouse.delivery.gitops.errors import DestinationInvalid
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.gitops.applications.platform import config, platform


def secret(**data: Any) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    meta = {"name": "far", "namespace": "default", "labels": {"argocd.argoproj.io/secret-type": "cluster"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": encoded}


def test_a_cluster_secret_is_read_as_argo_writes_it() -> None:
    settings = {"bearerToken": "t", "tlsClientConfig": {"caData": base64.b64encode(b"PEM").decode(), "serverName": "api"}}
    found = read_destination(secret(name="far", server="https://far:6443/", config=json.dumps(settings), namespaces="a, b"))
    assert (found.name, found.server, found.namespaces) == ("far", "https://far:6443", {"a", "b"})
    assert (found.access.token, found.access.authority_pem, found.access.tls_server_name) == ("t", b"PEM", "api")
    with pytest.raises(DestinationInvalid, match="cluster Secret far"):
        read_destination(secret(name="far"))


def test_an_application_is_deployed_to_another_cluster(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on, control_plane() as far:
            on.elsewhere = far.client
            on.commit(a=config("a"))
            await on.application(destination={"name": "far", "namespace": "default"}, syncPolicy={"automated": {}})
            status = await on.until(lambda s: bool(s.get("conditions")))
            assert "there is no cluster 'far'" in status["conditions"][0]["message"]
            await on.client.create(SECRET, secret(name="far", server="https://far:6443"))
            refresh = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
            await on.client.patch(on.kind, "shop", "default", refresh)
            await on.phase("Succeeded")
            assert (await far.client.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "1"}
            assert await on.live("a") is None

    asyncio.run(run())

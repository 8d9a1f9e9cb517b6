"""Tokens kept in Secrets."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from pathlib import Path

from pilothouse.kit.errors import NotFound
from pilothouse.sdk.kinds import SECRET, SERVICE_ACCOUNT, Kind
from pilothouse.testing.controlplane import cluster

REVIEW = Kind("authentication.k8s.io/v1", "TokenReview", "tokenreviews", False)
META = {"name": "t", "namespace": "default", "annotations": {"kubernetes.io/service-account.name": "robot"}}


def test_a_secret_gets_a_token_that_lives_as_long_as_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager, asyncio.timeout(20):
            client = manager.client
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "default"}}
            await client.create(SERVICE_ACCOUNT, account)
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": META, "type": "kubernetes.io/service-account-token"}
            await client.create(SECRET, secret)
            while "token" not in ((found := await client.get(SECRET, "t", "default")).get("data") or {}):
                await asyncio.sleep(0.01)
            assert b64decode(found["data"]["namespace"]) == b"default"
            token = b64decode(found["data"]["token"]).decode()
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
            answer = await client.create(REVIEW, review)
            assert answer["status"]["user"]["username"] == "system:serviceaccount:default:robot"
            await client.delete(SERVICE_ACCOUNT, "robot", "default")
            try:
                while await client.get(SECRET, "t", "default"):
                    await asyncio.sleep(0.01)
            except NotFound:
                pass
            answer = await client.create(REVIEW, review)
            assert not answer["status"].get("authenticated")

    asyncio.run(run())

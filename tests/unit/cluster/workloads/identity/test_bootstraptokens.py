"""Bootstrap tokens whose time is over."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.cluster.workloads.identity.bootstraptokens import TokenCleaner
from pilothouse.kit.clock import SystemClock, rfc3339
from pilothouse.sdk.kinds import SECRET
from pilothouse.testing.controlplane import control_plane


def _secret(name: str, expiration: str, kind: str = "bootstrap.kubernetes.io/token") -> dict[str, Any]:
    data = {"token-id": name, "token-secret": "0123456789abcdef", "expiration": expiration}
    meta = {"name": f"bootstrap-token-{name}", "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "stringData": data}


def test_what_expired_goes_and_what_did_not_stays() -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            TokenCleaner(manager)
            now = SystemClock().now()
            await manager.client.create(SECRET, _secret("expire", rfc3339(now - 60)))
            await manager.client.create(SECRET, _secret("during", rfc3339(now + 2)))
            await manager.client.create(SECRET, _secret("lasts1", rfc3339(now + 600)))
            await manager.client.create(SECRET, _secret("never1", ""))
            await manager.client.create(SECRET, _secret("other1", rfc3339(now - 60), "Opaque"))
            await manager.start()
            wanted = {"bootstrap-token-lasts1", "bootstrap-token-never1", "bootstrap-token-other1"}
            while {entry["metadata"]["name"] for entry in await manager.client.list(SECRET, "kube-system")} != wanted:
                await asyncio.sleep(0.02)

    asyncio.run(run())

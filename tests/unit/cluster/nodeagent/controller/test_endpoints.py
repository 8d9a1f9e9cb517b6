"""What a node says about itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pilothouse.kit.errors import NotFound
from pilothouse.wire.http.messages import Request
from tests.unit.cluster.nodeagent.cluster import cluster, is_ready, shell


def test_health_pods_logs_and_settings(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as running:

            async def get(path: str, method: str = "GET") -> tuple[int, bytes]:
                response = await running.agent.node_proxy.answer("pilothouse", Request(method, path))
                return response.status, await response.read()

            await running.create_pod("p", shell("c", "echo hello; sleep 60"))
            await running.wait("p", is_ready)
            assert await get("/healthz") == (200, b"ok")
            for path in ("/pods", "/runningpods/"):
                items = json.loads((await get(path))[1])["items"]
                assert [pod["metadata"]["name"] for pod in items] == ["p"]
            assert (await get("/containerLogs/default/p/c"))[1] == b"hello\n"
            assert json.loads((await get("/configz"))[1])["kubeletconfig"]["maxPods"] == 110
            assert b"/healthz" in (await get("/"))[1]
            assert (await get("/pods", "POST"))[0] == 405
            for path in ("/exec/default/p/c", "/pods/p", "/containerLogs/default/p"):
                with pytest.raises(NotFound):
                    await get(path)

    asyncio.run(run())

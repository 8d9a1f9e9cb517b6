"""A server in process and short ways to call it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.kit.clock import Entropy
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer, Request, Response

ADMIN = Peer("test", "admin", ("system:masters",))
MERGE = "application/merge-patch+json"
POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}


class Driver:
    """Calls one server as an administrator unless told otherwise."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server

    async def send(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None, raw: bytes | None = None, peer: Peer = ADMIN,
    ) -> Response:  # fmt: skip
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {"user-agent": "unit/1", "content-type": "application/json", **(headers or {})}
        return await self.server.handle(Request(method, path, list((query or {}).items()), given, data, peer))

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        response = await self.send(method, path, body, **options)
        text = await response.read()
        return response.status, json.loads(text) if response.content_type.startswith("application/json") and text else text

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        status, value = await self.call(method, path, body, **options)
        assert status < 300, value
        return value

    async def namespace(self, name: str) -> None:
        await self.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        await self.ok("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})


def serve(test: Callable[[Driver], Awaitable[None]], config: Config | None = None) -> None:
    """Run a test against a fresh server."""

    async def main() -> None:
        server = ApiServer(MemoryStore(), entropy=Entropy(1), config=config)
        await server.start()
        try:
            await test(Driver(server))
        finally:
            await server.stop()

    asyncio.run(main())


def crd(plural: str = "widgets", kind: str = "Widget", spec: dict[str, Any] | None = None, **version: Any) -> dict[str, Any]:
    """Return a definition with one version."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": spec or {}}}}
    return {
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}],
        },
    }  # fmt: skip


async def established(driver: Driver, definition: dict[str, Any]) -> None:
    """Create a definition and wait until it is served."""
    await driver.ok("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    names = definition["spec"]["names"]
    for _ in range(200):
        if driver.server.scheme.find("example.com", names["plural"]) is not None:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the definition was not established")

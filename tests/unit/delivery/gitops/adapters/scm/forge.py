"""A forge on the loopback interface that plays answers written after the public documentation of the APIs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson

from pilothouse.delivery.gitops.adapters.scm import Forges
from pilothouse.kit.clock import ManualClock
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer


class Forge:
    """Answers by target; `requests` are what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.requests: list[Request] = []
        self.server = HttpServer(self.handle)
        self.clock = ManualClock(1_750_000_000.0)
        self.secrets: dict[str, dict[str, str]] = {"s": {"token": "t0k3n\n"}}
        self.forges = Forges(self, self.clock)
        self.url = ""

    async def secret(self, name: str, namespace: str) -> dict[str, str] | None:
        return self.secrets.get(name) if namespace == "argocd" else None

    async def config_map(self, name: str, namespace: str) -> dict[str, str] | None:
        return None

    async def handle(self, request: Request) -> Response:
        self.requests.append(request)
        found = self.answers.get(request.raw_target)
        if found is None:
            return Response(404, orjson.dumps({"message": "Not Found"}))
        status, body, headers = found if isinstance(found, tuple) else (200, found, {})
        if "etag" in headers and request.header("if-none-match") == headers["etag"]:
            return Response(304, b"", [("etag", headers["etag"])])
        shown = [(key, value.replace("URL", self.url)) for key, value in headers.items()]
        return Response(status, orjson.dumps(body).replace(b"URL", self.url.encode()), shown)

    @property
    def targets(self) -> list[str]:
        return [request.raw_target for request in self.requests]

    async def pulls(self, spec: dict[str, Any]) -> list[Any]:
        return await self.forges.pull_requests(self.filled(spec), "argocd")

    async def repositories(self, spec: dict[str, Any]) -> list[Any]:
        return await self.forges.repositories(self.filled(spec), "argocd")

    def filled(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return a spec with our URL."""
        found: dict[str, Any] = orjson.loads(orjson.dumps(spec).replace(b"URL", self.url.encode()))
        return found


@asynccontextmanager
async def playing(answers: dict[str, Any]) -> AsyncIterator[Forge]:
    forge = Forge(answers)
    forge.url = f"http://127.0.0.1:{await forge.server.start('127.0.0.1', 0)}"
    try:
        yield forge
    finally:
        await forge.server.stop()


def play(answers: dict[str, Any], scenario: Callable[[Forge], Awaitable[None]]) -> None:
    """Run a scenario against a forge."""

    async def run() -> None:
        async with playing(answers) as forge:
            await scenario(forge)

    asyncio.run(run())

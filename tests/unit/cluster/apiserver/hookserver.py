"""A webhook as others run them: a real HTTPS server on loopback, reached through a Service with an EndpointSlice."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from pilothouse.wire import tls
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer
from tests.unit.cluster.apiserver.driver import Driver

Answer = Callable[[dict[str, Any]], Any]
"""From the `request` of a review to its `response`, without the uid."""


@cache
def authority() -> tls.KeyPair:
    """One authority for all tests of a run."""
    return tls.create_authority("hooks", time.time())


def bundle() -> str:
    return base64.b64encode(authority().certificate_pem).decode()


@contextlib.asynccontextmanager
async def https_server(handler: Callable[[Request], Awaitable[Response]], *names: str) -> AsyncIterator[int]:
    """Serve a handler; yields the port."""
    with tempfile.TemporaryDirectory() as directory:
        pair = tls.issue(authority(), "hook", time.time(), names=(*names, "127.0.0.1"), is_server=True)
        certificate, key = tls.write_pair(Path(directory), "hook", pair)
        context = tls.server_context(certificate, key, authority().certificate_pem)
    server = HttpServer(handler, tls=context)
    port = await server.start("127.0.0.1", 0)
    try:
        yield port
    finally:
        await server.stop()


class Hooks:
    """A webhook server: answers by path, and what it was asked."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.answers: dict[str, Answer] = {}
        self.asked: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.port = 0

    async def handle(self, request: Request) -> Response:
        review = json.loads(request.body)
        self.asked.append(review)
        self.queries.append(dict(request.query))
        answer = self.answers[request.path](review["request"])
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, Response):
            return answer
        response = {"uid": review["request"]["uid"], **answer}
        body = {"kind": review["kind"], "apiVersion": review["apiVersion"], "response": response}
        return Response(200, json.dumps(body).encode())

    def client(self, path: str) -> dict[str, Any]:
        service = {"namespace": "default", "name": "hooks", "path": path, "port": 8443}
        return {"service": service, "caBundle": bundle()}

    async def register(self, kind: str, name: str, *hooks: dict[str, Any]) -> None:
        """Create a configuration; `kind` is mutating or validating."""
        body = {"metadata": {"name": name}, "webhooks": list(hooks)}
        await self.driver.ok("POST", f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations", body)

    def hook(self, path: str, *resources: str, operations: tuple[str, ...] = ("CREATE",), **more: Any) -> dict[str, Any]:
        """Return a webhook that answers at `path` for resources of any group and version."""
        rule = {"operations": list(operations), "apiGroups": ["*"], "apiVersions": ["*"], "resources": list(resources)}
        found = {
            "name": f"{path.strip('/')}.example.com", "rules": [rule], "clientConfig": self.client(path), "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }  # fmt: skip
        return {**found, **more}


@contextlib.asynccontextmanager
async def hooks(driver: Driver) -> AsyncIterator[Hooks]:
    """Run a webhook server behind the Service default/hooks."""
    found = Hooks(driver)
    async with https_server(found.handle, "hooks.default.svc") as port:
        found.port = port
        await expose(driver, "hooks", port)
        yield found


async def expose(driver: Driver, name: str, port: int, service_port: int = 8443) -> None:
    """Create a Service with an endpoint, and a route from its address to a port of this machine, as a node agent makes it."""
    spec = {"ports": [{"port": service_port, "targetPort": port}]}
    made = await driver.ok("POST", "/api/v1/namespaces/default/services", {"metadata": {"name": name}, "spec": spec})
    backend = driver.server.backend
    before, address = backend.service_route, made["spec"]["clusterIP"]

    def route(wanted: str, number: int) -> tuple[str, int]:
        if (wanted, number) == (address, service_port):
            return "127.0.0.1", port
        return before(wanted, number) if before is not None else (wanted, number)

    backend.service_route = route
    piece = {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}}, "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.9.9.9"], "conditions": {"ready": True}}], "ports": [{"name": "", "port": port}],
    }  # fmt: skip
    await driver.ok("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", piece)


def allow(_: dict[str, Any]) -> dict[str, Any]:
    return {"allowed": True}


def deny(message: str = "", **status: Any) -> Answer:
    return lambda _: {"allowed": False, "status": {**({"message": message} if message else {}), **status}}


def patch(*operations: dict[str, Any]) -> Answer:
    encoded = base64.b64encode(json.dumps(list(operations)).encode()).decode()
    return lambda _: {"allowed": True, "patchType": "JSONPatch", "patch": encoded}

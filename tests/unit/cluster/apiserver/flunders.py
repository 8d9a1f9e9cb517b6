"""A small aggregated API server, as others write them: real HTTPS, users from headers, lists, creates and watches."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from pilothouse.cluster.apiserver import Config
from pilothouse.wire import tls
from pilothouse.wire.http.messages import Request, Response
from tests.unit.cluster.apiserver.driver import Driver
from tests.unit.cluster.apiserver.hookserver import authority, bundle, expose, https_server

GROUP = "wardle.example.com"
PATH = f"/apis/{GROUP}/v1alpha1"
FLUNDERS = f"{PATH}/namespaces/default/flunders"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
NAME = f"v1alpha1.{GROUP}"
ROW = {"name": "flunders", "singularName": "flunder", "namespaced": True, "kind": "Flunder",
       "verbs": ["create", "get", "list", "watch"]}  # fmt: skip


def config() -> Config:
    """Settings with a certificate that aggregated servers trust."""
    pair = tls.issue(authority(), "front-proxy-client", time.time())
    text = authority().certificate_pem.decode()
    return Config(proxy_certificate_pem=pair.certificate_pem.decode(), proxy_key_pem=pair.key_pem.decode(),
                  proxy_authority_pem=text, client_authority_pem=text)  # fmt: skip


class Flunders:
    """Serves flunders from memory."""

    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []
        self.seen: list[Request] = []
        self.is_legacy = False
        self.is_failing = False
        self.changed = asyncio.Event()

    async def handle(self, request: Request) -> Response:
        self.seen.append(request)
        if self.is_failing:
            return Response(500, b"broken")
        if request.peer.common_name != "front-proxy-client" and request.path.count("/") > 3:
            return Response(401, b"{}")
        path = request.path
        if path == PATH:
            return _json({"kind": "APIResourceList", "groupVersion": f"{GROUP}/v1alpha1", "resources": [ROW]})
        if path == "/apis":
            return self._discovery()
        if path == "/openapi/v3" and not self.is_legacy:
            return _json({"paths": {PATH[1:]: {"serverRelativeURL": f"/openapi/v3{PATH}?hash=1"}, "other": {}}})
        if path == f"/openapi/v3{PATH}":
            return _json({"openapi": "3.0.0", "info": {"title": "flunders"}})
        if path == FLUNDERS and request.method == "POST":
            self.objects.append(json.loads(request.body))
            self.changed.set()
            return _json(self.objects[-1], 201)
        if path == FLUNDERS and request.param("watch"):
            return Response(200, self._watch(), [], "application/json")
        if path == FLUNDERS:
            return _json({"kind": "FlunderList", "apiVersion": f"{GROUP}/v1alpha1", "metadata": {}, "items": self.objects})
        return Response(404, b'{"kind":"Status","message":"not here"}')

    def _discovery(self) -> Response:
        if self.is_legacy:
            return Response(406, b"")
        row = {"resource": "flunders", "responseKind": {"group": GROUP, "version": "v1alpha1", "kind": "Flunder"},
               "scope": "Namespaced", "singularResource": "flunder", "verbs": ROW["verbs"]}  # fmt: skip
        group = {"metadata": {"name": GROUP}, "versions": [{"version": "v1alpha1", "resources": [row]}]}
        body = json.dumps({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [group]})
        return Response(200, body.encode(), [], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")

    async def _watch(self) -> AsyncIterator[bytes]:
        sent = 0
        while True:
            for found in self.objects[sent:]:
                sent += 1
                yield json.dumps({"type": "ADDED", "object": found}).encode() + b"\n"
            self.changed.clear()
            await self.changed.wait()


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode())


@contextlib.asynccontextmanager
async def flunders(driver: Driver, *, is_legacy: bool = False, **spec: Any) -> AsyncIterator[Flunders]:
    """Run the server behind the Service default/flunders, register it and wait until it is available."""
    found = Flunders()
    found.is_legacy = is_legacy
    async with https_server(found.handle, "flunders.default.svc") as port:
        await expose(driver, "flunders", port, 443)
        await driver.ok("POST", SERVICES, api_service(**spec))
        await until(driver, "Passed")
        yield found


def api_service(**spec: Any) -> dict[str, Any]:
    service = {"namespace": "default", "name": "flunders", "port": 443}
    common = {"group": GROUP, "version": "v1alpha1", "groupPriorityMinimum": 2000, "versionPriority": 200, "service": service}
    return {"metadata": {"name": NAME}, "spec": {**common, "caBundle": bundle(), **spec}}


async def until(driver: Driver, reason: str) -> dict[str, Any]:
    """Wait until the APIService is Available or not for a reason; returns the condition."""
    shown: Any = None
    for _ in range(400):
        status, tree = await driver.call("GET", f"{SERVICES}/{NAME}")
        shown = (tree.get("status") or {}).get("conditions") if status == 200 else status
        if isinstance(shown, list) and shown and shown[0]["reason"] == reason:
            return dict(shown[0])
        await asyncio.sleep(0.005)
    raise AssertionError(f"{reason} did not come: {shown}")

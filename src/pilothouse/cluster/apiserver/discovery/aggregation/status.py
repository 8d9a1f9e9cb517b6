"""The controller of APIServices: availability of remote ones, registration of the groups of custom resources.

An APIService is looked at when it, its Service or its endpoints change, soon again after a failure, and every half minute: a
server may stop answering without any object changing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Protocol

import orjson

from pilothouse.api.meta import condition_of, with_condition
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.discovery.aggregation.merged import Merged, converted, rows_of
from pilothouse.cluster.apiserver.discovery.aggregation.remotes import GROUP, PLURAL, Remote, Remotes
from pilothouse.cluster.apiserver.discovery.aggregation.trust import publish
from pilothouse.cluster.apiserver.http.endpoints import SERVICE_LABEL, ready_endpoints, resolve, service_port, slices_of
from pilothouse.cluster.apiserver.http.outgoing import worded
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.errors import PilothouseError
from pilothouse.store.revisions import Mismatch
from pilothouse.wire.http.messages import Response

logger = logging.getLogger("pilothouse.apiserver.aggregation")
LABEL = "kube-aggregator.kubernetes.io/automanaged"
CHECK_TIMEOUT_S, RESYNC_S, FIRST_RETRY_S = 5.0, 30.0, 0.05
LOCAL = ("True", "Local", "Local APIServices are always available")
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_SERVICES, _SLICES = "/registry/core/services/", "/registry/discovery.k8s.io/endpointslices/"
_DEFINITIONS = "/registry/apiextensions.k8s.io/customresourcedefinitions/"
Verdict = tuple[str, str, str]
"""(status, reason, message) of the Available condition."""


class Asking(Protocol):
    """How a remote is asked."""

    def __call__(self, remote: Remote, path: str, accept: str, *, is_checked: bool = False) -> Awaitable[Response]:
        """Return its complete answer; raises Unavailable."""
        ...


class Statuses:
    """Keeps the Available condition of every APIService."""

    def __init__(self, backend: Backend, remotes: Remotes, ask: Asking, merged: Merged) -> None:
        """Ask remotes through `ask`, and put what they serve into `merged`."""
        self.backend, self.remotes, self.ask, self.merged = backend, remotes, ask, merged
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._failures: dict[str, int] = {}
        self._scope = TaskScope("aggregation")
        self._is_registering = asyncio.Event()

    async def start(self) -> None:
        """Look at every remote APIService, and follow."""
        await publish(self.backend)
        self.remotes.on_change = self._queue.put_nowait
        self.backend.cache.on_change.append(self._on_change)
        for remote in self.remotes.table.values():
            self._queue.put_nowait(remote.name)
        self._is_registering.set()
        for work, name in ((self._work, "availability"), (self._resync, "resync"), (self._register, "registration")):
            self._scope.spawn(work(), name)

    async def stop(self) -> None:
        """Stop following; safe to call twice."""
        await self._scope.close()

    def _on_change(self, prefix: str, change: Change) -> None:
        item = change[1] or change[2]
        assert item is not None
        if prefix == _DEFINITIONS:
            self._is_registering.set()
        elif self.remotes.table and prefix in (_SERVICES, _SLICES):
            name = item.name if prefix == _SERVICES else item.labels.get(SERVICE_LABEL, "")
            for remote in self.remotes.table.values():
                if (remote.namespace, remote.service) == (item.namespace, name):
                    self._queue.put_nowait(remote.name)

    async def _resync(self) -> None:
        while True:
            await self.backend.clock.sleep(RESYNC_S)
            for remote in self.remotes.table.values():
                self._queue.put_nowait(remote.name)

    async def _work(self) -> None:
        while True:
            name = await self._queue.get()
            self._scope.spawn(self._look(name), name)

    async def _look(self, name: str) -> None:
        item = self.backend.find(GROUP, PLURAL, "", name)
        if item is None:
            self.merged.forget(name)
            self._failures.pop(name, None)
            self._is_registering.set()
            return
        version, _, group = name.partition(".")
        remote = self.remotes.table.get((group, version))
        if remote is None:
            known = condition_of(item.object, "Available")
            if known is None or known.get("reason") != LOCAL[1]:
                await self._write(name, LOCAL)
            return
        verdict = await self._verdict(remote)
        is_known = verdict[0] == "True" and await self._discover(remote)
        self.merged.of(remote).is_stale = not is_known
        await self._write(name, verdict)
        if is_known:
            self._failures.pop(name, None)
        elif verdict[1] in ("FailedDiscoveryCheck", "Passed"):
            self._again(name)

    def _again(self, name: str) -> None:
        count = self._failures[name] = self._failures.get(name, 0) + 1
        if FIRST_RETRY_S * 2**count < RESYNC_S:
            self._scope.spawn(self._later(name, FIRST_RETRY_S * 2**count), f"retry {name}")

    async def _later(self, name: str, delay_s: float) -> None:
        await self.backend.clock.sleep(delay_s)
        self._queue.put_nowait(name)

    async def _verdict(self, remote: Remote) -> Verdict:
        problem = missing(self.backend, remote)
        if problem is not None:
            return ("False", *problem)
        try:
            address, port = resolve(self.backend, remote.namespace, remote.service, remote.port)
        except PilothouseError as error:
            return ("False", "FailedDiscoveryCheck", error.message)
        url = f"https://{address}:{port}{remote.path}"
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                response = await self.ask(remote, remote.path, "application/json")
        except TimeoutError:
            why = f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        except PilothouseError as error:
            why = f'Get "{url}": {worded(error, address)}'
        else:
            if 200 <= response.status < 300:
                return ("True", "Passed", "all checks passed")
            why = f"bad status from {url}: {response.status}"
        return ("False", "FailedDiscoveryCheck", f"failing or missing response from {url}: {why}")

    async def _write(self, name: str, verdict: Verdict) -> None:
        for _ in range(5):
            item = self.backend.find(GROUP, PLURAL, "", name)
            if item is None:
                return
            tree = orjson.loads(item.raw)
            status, reason, message = verdict
            condition = {"type": "Available", "status": status, "reason": reason, "message": message}
            known = (tree.get("status") or {}).get("conditions") or []
            tree["status"] = {**(tree.get("status") or {}), "conditions": with_condition(known, condition, self.backend.now())}
            raw = orjson.dumps(tree)
            if condition_of(item.object, "Available") == condition_of(tree, "Available"):
                return
            try:
                await self.backend.write(item.key, item.revision, raw)
                return
            except Mismatch:
                await self.backend.cache.current()

    async def _discover(self, remote: Remote) -> bool:
        """Take over what a remote says it serves; returns whether it answered."""
        found = self.merged.of(remote)
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                found.resources = await self._resources(remote)
                found.openapi = await self._openapi(remote)
        except (PilothouseError, TimeoutError, ValueError) as error:
            logger.warning("discovery of APIService %s failed: %s", remote.name, error)
            return False
        return True

    async def _resources(self, remote: Remote) -> list[Obj]:
        response = await self.ask(remote, "/apis", _DISCOVERY, is_checked=True)
        if response.status == 200 and "apidiscovery.k8s.io" in response.header("content-type"):
            return rows_of(orjson.loads(await response.read()), remote)
        response = await self.ask(remote, remote.path, "application/json", is_checked=True)
        return converted(orjson.loads(await response.read()))

    async def _openapi(self, remote: Remote) -> dict[str, Obj]:
        response = await self.ask(remote, "/openapi/v3", "application/json", is_checked=True)
        if response.status != 200:
            return {}
        tree = orjson.loads(await response.read())
        paths = tree.get("paths") if isinstance(tree, dict) else None
        own = remote.path.removeprefix("/")
        return {path: row for path, row in (paths or {}).items() if path == own and isinstance(row, dict)}

    async def _register(self) -> None:
        """Keep one local APIService for every group version of custom resources."""
        while True:
            await self._is_registering.wait()
            self._is_registering.clear()
            await self.backend.clock.sleep(0.01)
            try:
                await self._register_all()
            except Mismatch:
                self._is_registering.set()

    async def _register_all(self) -> None:
        scheme = self.backend.scheme
        wanted = {f"{found.version}.{found.group}": found for found in list(scheme.by_path.values()) if found.is_custom}
        for item in self.backend.all_of(GROUP, PLURAL):
            if wanted.pop(item.name, None) is None and item.labels.get(LABEL) == "true":
                await self.backend.write(item.key, item.revision, None)
        for name, found in wanted.items():
            await self._create(name, found.group, found.version)

    async def _create(self, name: str, group: str, version: str) -> None:
        now = self.backend.now()
        condition = dict(zip(("status", "reason", "message"), LOCAL, strict=True))
        tree = {
            "kind": "APIService", "apiVersion": f"{GROUP}/v1",
            "metadata": {
                "name": name, "uid": self.backend.entropy.uuid(), "creationTimestamp": now, "labels": {LABEL: "true"},
            },
            "spec": {"group": group, "version": version, "groupPriorityMinimum": 1000, "versionPriority": 100},
            "status": {"conditions": [{"type": "Available", "lastTransitionTime": now, **condition}]},
        }  # fmt: skip
        await self.backend.write(f"/registry/{GROUP}/{PLURAL}/{name}", 0, orjson.dumps(tree))


def missing(backend: Backend, remote: Remote) -> tuple[str, str] | None:
    """Return (reason, message) of what keeps a Service from being called at all, None when there is nothing."""
    service = backend.look("", "services", remote.namespace, remote.service)
    where = f'service/{remote.service} in "{remote.namespace}"'
    if service is None:
        return "ServiceNotFound", f"{where} is not present"
    if (service.get("spec") or {}).get("type", "ClusterIP") != "ClusterIP":
        return None
    port = service_port(service, remote.port)
    if port is None:
        return "ServicePortError", f"{where} is not listening on port {remote.port}"
    if not slices_of(backend, remote.namespace, remote.service):
        return "EndpointsNotFound", f"cannot find endpointslices for {where}"
    name = port.get("name", "")
    if not ready_endpoints(backend, remote.namespace, remote.service, name):
        return "MissingEndpoints", f'endpointslices for {where} have no addresses with port name "{name}"'
    return None

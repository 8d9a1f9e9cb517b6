"""Feeding the service proxy: Services, EndpointSlices and the node's Pods become one table, sent whenever it changed.

`leave` is how a Pod's end begins: its endpoints are taken out of the table at once, before its programs are told to stop, and
the call returns when the proxy has acknowledged it.
"""

from __future__ import annotations

import asyncio
import logging
import os

import msgspec

from pilothouse.cluster.nodeagent.adapters.proxy import ProxyClient
from pilothouse.cluster.nodeagent.engine.services import ServiceTable, build_table, host_address
from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.informer import Change, Informer

SERVICE_LABEL = "kubernetes.io/service-name"
SETTLE_S = 0.01
SHARE = 9.0
"""A table is built again after this many times the time the last one took, so that many Services leave room for other work."""
SETTLE_MAX_S = 1.0
LEAVE_TIMEOUT_S = 5.0
RETRY_S = 1.0
logger = logging.getLogger("pilothouse.nodeagent")


def service_address(address: str, port: int) -> tuple[str, int]:
    """Return where this machine reaches the port of a cluster address; addresses of others stay as they are."""
    try:
        return host_address(address, port, os.geteuid() == 0)
    except ValueError:
        return address, port


class ServiceSync:
    """Keeps the proxy equal to the API."""

    def __init__(self, services: Informer, slices: Informer, pods: Informer, clock: Clock, api: tuple[str, int]) -> None:
        """Build tables from the caches of the given informers; `api` is where the API server listens."""
        self._api = api
        self._services, self._slices, self._pods, self._clock = services, slices, pods, clock
        self._proxy: ProxyClient | None = None
        self._has_network = False
        self._leaving: set[str] = set()
        self._gone: set[str] = set()
        self._tasks = TaskScope("service-sync")
        self._wake = asyncio.Event()
        self._applied = asyncio.Condition()
        self._asked = self._done = 0
        self._last: ServiceTable | None = None

    async def start(self, data_dir: str, mode: str, has_network: bool) -> None:
        """Start or find the proxy and keep it up to date until `stop`."""
        self._has_network = has_network
        self._proxy = ProxyClient(data_dir, mode)
        await self._proxy.start()
        for informer in (self._services, self._slices, self._pods):
            await informer.start()
            informer.add_handler(self._changed)
        self._tasks.spawn(self._run(), "run")

    async def restart(self) -> None:
        """The node's network was made anew: so must be the proxy, whose sockets lie in the old one."""
        if self._proxy is not None:
            self._proxy.close()
            self._last = None
            await self._proxy.start()
            self.poke()

    async def stop(self) -> None:
        """Let go of the proxy; it serves its last table."""
        await self._tasks.close()
        if self._proxy is not None:
            self._proxy.close()

    def _changed(self, _change: Change) -> None:
        self.poke()

    def poke(self) -> int:
        """Have the table built again; returns a ticket for `settled`."""
        self._asked += 1
        self._wake.set()
        return self._asked

    async def settled(self, ticket: int) -> None:
        """Return when everything known at `ticket` is in force."""
        async with self._applied:
            await self._applied.wait_for(lambda: self._done >= ticket)

    async def leave(self, uid: str) -> None:
        """Stop new connections to a Pod, waiting at most `LEAVE_TIMEOUT_S` for the proxy."""
        self._leaving.add(uid)
        if self._proxy is None:
            return
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self.settled(self.poke())
        except TimeoutError:
            logger.warning("the service proxy did not confirm that Pod %s left; stopping it anyway", uid)

    def forget(self, uid: str) -> None:
        """The Pod is gone for good; it stays out of the table until no EndpointSlice names it any more."""
        self._gone.add(uid)

    def table(self) -> ServiceTable:
        """Return the table as of now."""
        slices: dict[str, list[Json]] = {}
        named: set[str] = set()
        for piece in self._slices.cache.list():
            name = (piece["metadata"].get("labels") or {}).get(SERVICE_LABEL)
            if name and (piece.get("addressType") or "IPv4") == "IPv4":
                named |= {str((endpoint.get("targetRef") or {}).get("uid", "")) for endpoint in piece.get("endpoints") or []}
                slices.setdefault(f"{piece['metadata']['namespace']}/{name}", []).append(piece)
        forgotten = self._gone - named
        self._leaving -= forgotten
        self._gone -= forgotten
        return build_table(
            self._services.cache.list(),
            slices,
            self._pods.cache.list(),
            has_network=self._has_network,
            may_bind_low=os.geteuid() == 0,
            leaving=frozenset(self._leaving),
            api=self._api,
        )

    async def _run(self) -> None:
        spent_s = 0.0
        while True:
            await self._wake.wait()
            await self._clock.sleep(min(max(SETTLE_S, SHARE * spent_s), SETTLE_MAX_S))
            self._wake.clear()
            ticket, began = self._asked, self._clock.monotonic()
            try:
                await self._apply(ticket)
            except PilothouseError as error:
                logger.warning("services are not up to date: %s", error)
                self._last = None
                await self._clock.sleep(RETRY_S)
                self._wake.set()
                continue
            spent_s = self._clock.monotonic() - began
            async with self._applied:
                self._done = ticket
                self._applied.notify_all()

    async def _apply(self, ticket: int) -> None:
        table = self.table()
        if table == self._last or self._proxy is None:
            return
        await self._proxy.apply(msgspec.structs.replace(table, generation=ticket))
        self._last = table

"""One operation on a release at a time, by a Lease that ends with its holder.

Called by the actions around everything that changes a release. An operation that dies stops renewing, and the next one takes over
after seconds; the `pending-...` status it left behind is only reported. Helm takes no lease, so a pending status that nobody
holds may be a helm at work: it is respected for a while, and then taken over too.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.release.errors import ReleaseBusy
from pilothouse.delivery.charts.release.types import Release
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, Entropy, parse_rfc3339
from pilothouse.kit.errors import Denied, NotFound, PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import LEASE
from pilothouse.sdk.leaderelection import ElectionConfig, LeaderElection

T = TypeVar("T")
LEASE_S, RENEW_S, RETRY_S = 15.0, 10.0, 1.0


def lease_name(name: str) -> str:
    """Return the name of a release's Lease."""
    return f"sh.helm.release.v1.{name}"


class Guard:
    """The Lease of one release."""

    def __init__(self, client: Client, namespace: str, name: str, clock: Clock, entropy: Entropy) -> None:
        """Guard release `name` of `namespace`."""
        self._client, self._namespace, self._name, self._clock = client, namespace, name, clock
        identity = f"pilothouse@{socket.gethostname()}:{os.getpid()}:{entropy.suffix()}"
        self._config = ElectionConfig(lease_name(name), namespace, identity, LEASE_S, RENEW_S, RETRY_S)
        self.was_held = False
        """Whether a Lease was left behind by an operation that died."""

    async def holding(self, work: Callable[[], Awaitable[T]], timeout_s: float, warn: Callable[[str], object]) -> T:
        """Do `work` while holding the Lease; raises ReleaseBusy when another holds it for all of `timeout_s`.

        A user who may not have Leases works without one, and is told so.
        """
        try:
            lease = await self._found_or_possible()
        except Denied as error:
            warn(log_line("WARN", "working without a lease on the release", error=error.message) + "\n")
            return await work()
        holder = (lease.get("spec") or {}).get("holderIdentity") or ""
        self.was_held = bool(holder)
        if holder:
            warn(log_line("INFO", "another operation holds the release; waiting", name=self._name, holder=holder) + "\n")
        return await self._elected(work, timeout_s, holder)

    async def _found_or_possible(self) -> dict[str, Any]:
        """Return the Lease, empty when there is none and one may be created; raises `Denied`."""
        try:
            return await self._client.get(LEASE, self._config.name, self._namespace)
        except NotFound:
            meta = {"name": self._config.name, "namespace": self._namespace}
            await self._client.create(LEASE, {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": meta}, dry_run=True)
            return {}

    async def _elected(self, work: Callable[[], Awaitable[T]], timeout_s: float, holder: str) -> T:
        election = LeaderElection(self._client, self._config, self._clock)
        await election.start()
        try:
            try:
                async with asyncio.timeout(timeout_s):
                    await election.leading.wait()
            except TimeoutError:
                raise ReleaseBusy(
                    f"release {self._name} is being worked on by {holder or 'another operation'}",
                    fix="wait for it to end; when it died, its lease runs out by itself",
                ) from None
            return await self._until_lost(work, election)
        finally:
            await self._give_back(election)

    async def _until_lost(self, work: Callable[[], Awaitable[T]], election: LeaderElection) -> T:
        """Do the work, and give it up when the Lease is lost to another."""
        outcome: list[T] = []
        failure: list[PilothouseError] = []

        async def run() -> None:
            try:
                outcome.append(await work())
            except PilothouseError as error:
                failure.append(error)

        async with TaskScope(f"release-{self._name}") as scope:
            task = scope.spawn(run(), "work")
            lost = scope.spawn(election.lost.wait(), "lost")
            try:
                await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.wait((task,))
                raise
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
                raise ReleaseBusy(f"release {self._name} was taken over by another operation")
            if not task.cancelled() and task.exception() is not None:
                task.result()
        if failure:
            raise failure[0]
        return outcome[0]

    async def _give_back(self, election: LeaderElection) -> None:
        is_holder = election.leading.is_set()
        await election.stop()
        if not is_holder:
            return
        try:
            lease = await self._client.get(LEASE, self._config.name, self._namespace)
            if not (lease.get("spec") or {}).get("holderIdentity"):
                version = lease["metadata"]["resourceVersion"]
                await self._client.delete(LEASE, self._config.name, self._namespace, resource_version=version)
        except PilothouseError:
            return  # the next operation took it, or it is gone with its namespace

    def settle_pending(self, last: Release | None, patience_s: float, warn: Callable[[str], object]) -> None:
        """Say what becomes of an operation that did not end; raises ReleaseBusy while it may be a helm at work."""
        if last is None or not last.is_pending:
            return
        began = _epoch(last.info.last_deployed)
        left_s = began + patience_s - self._clock.now()
        if not self.was_held and left_s > 0:
            raise ReleaseBusy(
                f"another operation (install/upgrade/rollback) is in progress: {last.status} since {last.info.last_deployed}, "
                "by a tool that takes no lease",
                fix=f"try again; after {int(left_s) + 1} s it counts as dead and is taken over",
                retry_after_s=left_s,
            )
        text = "an operation on the release was never ended; going on from what is deployed"
        warn(log_line("WARN", text, name=self._name, status=last.status, since=last.info.last_deployed) + "\n")


def _epoch(text: str) -> float:
    try:
        return parse_rfc3339(_micro(text))
    except ValueError:
        return 0.0


def _micro(text: str) -> str:
    """Cut the nanoseconds helm writes down to what Python reads."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:6]:0<6}{rest[digits:]}" if dot else text

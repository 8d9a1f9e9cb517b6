"""Leader election by a Lease: at most one holder works at a time.

The holder renews every `retry_s`; others take over when no renewal was seen for `lease_s` on their own clock. A holder that
stops releases the lease, so the next one takes over at once; a holder that cannot renew in time stops leading before others may.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, rfc3339_micro
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiNotFound
from pilothouse.sdk.kinds import LEASE

logger = logging.getLogger("pilothouse.sdk.leaderelection")


class ElectionConfig(msgspec.Struct, frozen=True):
    """Names and times of one election."""

    name: str
    namespace: str
    identity: str
    lease_s: float = 15.0
    renew_s: float = 10.0
    retry_s: float = 2.0


class LeaderElection:
    """Campaigns for one Lease; `leading` is set while this process holds it."""

    def __init__(self, client: Client, config: ElectionConfig, clock: Clock) -> None:
        """Campaign as `config.identity`."""
        self.leading = asyncio.Event()
        self.lost = asyncio.Event()
        self._client, self._config, self._clock = client, config, clock
        self._scope = TaskScope(f"election-{config.name}")
        self._seen: tuple[str, float] = ("", 0.0)
        self._renewed_at = 0.0

    async def start(self) -> None:
        """Campaign in the background; returns at once (await `leading`)."""
        self._scope.spawn(self._campaign(), "campaign")

    async def stop(self) -> None:
        """Stop campaigning and give the lease back."""
        await self._scope.close()
        if self.leading.is_set():
            self.leading.clear()
            try:
                lease = await self._client.get(LEASE, self._config.name, self._config.namespace)
                if lease["spec"].get("holderIdentity") == self._config.identity:
                    lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                    await self._client.replace(LEASE, lease)
            except PilothouseError as error:
                logger.info("lease %s was not released: %s", self._config.name, error)

    async def _campaign(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._config.renew_s):
                    is_holder = await self._try()
            except (PilothouseError, TimeoutError) as error:
                logger.warning("lease %s: %s", self._config.name, str(error) or "no answer in time")
                is_holder = self.leading.is_set() and self._clock.monotonic() - self._renewed_at < self._config.renew_s
            if is_holder and not self.leading.is_set():
                logger.info("%s leads %s", self._config.identity, self._config.name)
                self.leading.set()
            elif not is_holder and self.leading.is_set():
                logger.error("%s no longer leads %s", self._config.identity, self._config.name)
                self.leading.clear()
                self.lost.set()
            await self._clock.sleep(self._config.retry_s)

    async def _try(self) -> bool:
        config = self._config
        now = self._clock.monotonic()
        try:
            lease = await self._client.get(LEASE, config.name, config.namespace)
        except ApiNotFound:
            metadata = {"name": config.name, "namespace": config.namespace}
            lease = {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": metadata, "spec": self._spec({})}
            await self._client.create(LEASE, lease)
            self._renewed_at = now
            return True
        spec = lease.get("spec") or {}
        version = lease["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, now)
        holder = spec.get("holderIdentity") or ""
        is_expired = now - self._seen[1] >= float(spec.get("leaseDurationSeconds") or config.lease_s)
        if holder not in {"", config.identity} and not is_expired:
            return False
        await self._client.replace(LEASE, {**lease, "spec": self._spec(spec)})
        self._renewed_at = now
        return True

    def _spec(self, old: Tree) -> Tree:
        now = rfc3339_micro(self._clock.now())
        is_same = old.get("holderIdentity") == self._config.identity
        transitions = int(old.get("leaseTransitions") or 0)
        return {
            "holderIdentity": self._config.identity,
            "leaseDurationSeconds": int(self._config.lease_s),
            "acquireTime": old.get("acquireTime", now) if is_same else now,
            "renewTime": now,
            "leaseTransitions": transitions if is_same or not old else transitions + 1,
        }

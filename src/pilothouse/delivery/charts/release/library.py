"""Releases for programs: one object for one namespace of one cluster, with the operations as methods.

Found through the facade of the charts; the command line uses the actions below it, because it has more to say and to ask.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.install import install
from pilothouse.delivery.charts.release.actions.rollback import rollback
from pilothouse.delivery.charts.release.actions.uninstall import uninstall
from pilothouse.delivery.charts.release.actions.upgrade import upgrade
from pilothouse.delivery.charts.release.types import Release
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.sdk.client import Client

logger = logging.getLogger("pilothouse.delivery.charts.release")
Found = list[Release]


class Releases:
    """The releases of a namespace. Keyword arguments of the operations are the fields of `Options`, named as helm's flags."""

    def __init__(self, client: Client, namespace: str, *, clock: Clock | None = None, entropy: Entropy | None = None) -> None:
        """Work in `namespace` of the cluster `client` talks to."""
        self._bench = Bench(client, namespace, clock or SystemClock(), entropy or Entropy(), self._warn)

    @staticmethod
    def _warn(text: str) -> None:
        logger.warning("%s", text.rstrip())

    async def install(self, name: str, chart: Chart, values: Mapping[str, Any] | None = None, **options: Any) -> Release:
        """Install a chart; raises ReleaseRefused before, OperationFailed after anything was changed."""
        return await install(self._bench, name, chart, dict(values or {}), Options(**options))

    async def upgrade(self, name: str, chart: Chart, values: Mapping[str, Any] | None = None, **options: Any) -> Release:
        """Upgrade a release; without values those of the release before are kept. Raises as `install` does."""
        return await upgrade(self._bench, name, chart, dict(values or {}), Options(**options))

    async def rollback(self, name: str, revision: int = 0, **options: Any) -> Release:
        """Go back to a revision (0: the one before the newest); raises as `install` does."""
        return await rollback(self._bench, name, revision, Options(**options))

    async def uninstall(self, name: str, **options: Any) -> None:
        """Remove a release and its objects; raises as `install` does."""
        await uninstall(self._bench, name, Options(**options))

    async def history(self, name: str) -> Found:
        """Return all revisions of a release, oldest first; empty when there is none."""
        return await self._bench.store.history(name)

    async def list(self) -> Found:
        """Return the newest revision of every release, by name."""
        newest: dict[str, Release] = {}
        for release in sorted(await self._bench.store.list_all(), key=lambda release: release.version):
            newest[release.name] = release
        return [newest[name] for name in sorted(newest)]

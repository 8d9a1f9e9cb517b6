"""Carries a rolling sync out: asks Applications to sync, once each, and those that are behind to look again."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.applicationsets.writing import Writer
from pilothouse.delivery.gitops.engine.applicationsets.progressive import Rollout, mark, operation, revisions_of
from pilothouse.kit.errors import NotFound


class Rolling:
    """Remembers whom it asked, because an operation is gone from an Application before it shows in its status."""

    def __init__(self, writer: Writer) -> None:
        """Write through `writer`."""
        self._writer = writer
        self._asked: dict[str, str] = {}
        self._refreshed: dict[str, list[str]] = {}

    async def carry_out(self, rollout: Rollout, wanted: Mapping[str, Tree], live: Mapping[str, Tree]) -> None:
        """Ask for what is due."""
        entries = {entry["application"]: entry for entry in rollout.statuses}
        for name in sorted(rollout.asked):
            if name not in wanted or name not in live:
                continue
            app, asking = live[name], mark(live[name], entries[name])
            if not app.get("operation") and self._asked.get(_uid(app)) != asking:
                self._asked[_uid(app)] = asking
                await self._patch(app, {"operation": operation(wanted[name], app, entries[name])})
        for name in sorted(rollout.behind & live.keys()):
            app, seen = live[name], revisions_of(live[name])
            if self._refreshed.get(_uid(app)) != seen:
                self._refreshed[_uid(app)] = seen
                await self._writer.refresh([app])

    async def _patch(self, app: Tree, patch: Tree) -> None:
        try:
            await self._writer.patch(app, patch)
        except NotFound:
            return


def _uid(app: Tree) -> str:
    return str(metadata(app).get("uid", ""))

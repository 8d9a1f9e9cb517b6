"""What happens when an ApplicationSet is deleted: its Applications go with it, in order if that is asked for, or stay.

Without a finalizer of ours the garbage collector deletes them by their owner references. We hold the ApplicationSet when they
go step by step in reverse order, and when its policy does not let Applications be deleted at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.applicationsets.writing import APPLICATION_SET, MANAGER, Writer
from pilothouse.delivery.gitops.engine.applicationsets.planning import policy_of
from pilothouse.delivery.gitops.engine.applicationsets.progressive import is_reversed, next_deletions
from pilothouse.delivery.gitops.types import FINALIZER
from pilothouse.sdk.finalizer import add_finalizer, has_finalizer, remove_finalizer
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Result

CHECK_S = 10.0
KEEPING = ("create-only", "create-update")
"""The policies under which no Application is deleted."""


class SetDeparture:
    """Ends ApplicationSets."""

    def __init__(self, manager: Manager, writer: Writer) -> None:
        """Write through `writer`."""
        self._client, self._writer = manager.client.named(MANAGER), writer

    async def prepare(self, tree: Tree) -> Tree:
        """Hold an ApplicationSet back from disappearing where its Applications need us."""
        if (is_reversed(tree) or policy_of(tree) in KEEPING) and not has_finalizer(tree, FINALIZER):
            return {**tree, **await add_finalizer(self._client, APPLICATION_SET, tree, FINALIZER)}
        return tree

    async def go_on(self, tree: Tree, live: Mapping[str, Tree]) -> Result | None:
        """Move the deletion of an ApplicationSet a step; `live` are its Applications."""
        if not has_finalizer(tree, FINALIZER):
            return None
        if policy_of(tree) in KEEPING:
            for app in live.values():
                await self._writer.release(app)
        elif is_reversed(tree) and live:
            for app in next_deletions(tree, live):
                await self._writer.delete(app)
            return Result(requeue_after_s=CHECK_S)
        await remove_finalizer(self._client, APPLICATION_SET, tree, FINALIZER)
        return None

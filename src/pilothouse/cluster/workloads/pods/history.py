"""Keeps the ControllerRevisions of DaemonSets and StatefulSets; their controllers call `keep` before they look at Pods."""

from __future__ import annotations

from pilothouse.api.meta import Tree, is_deleting, namespace_of
from pilothouse.cluster.workloads.pods.revisions import plan_history
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.controller import Controller
from pilothouse.sdk.kinds import CONTROLLER_REVISION
from pilothouse.sdk.manager import Manager


class History:
    """The revisions a controller's sets have."""

    def __init__(self, manager: Manager, client: Client, controller: Controller) -> None:
        """Have the revisions in sight before the controller starts."""
        self._client = client
        self._revisions = manager.informer(CONTROLLER_REVISION)
        controller.watch(self._revisions, lambda _: ())

    async def keep(self, owner: Tree, pods: list[Tree]) -> None:
        """Write down the present template and forget what is too old; `pods` are those of the namespace."""
        if is_deleting(owner):
            return
        namespace = namespace_of(owner)
        plan = plan_history(owner, self._revisions.cache.list(namespace), pods)
        try:
            if plan.create is not None:
                self._revisions.observe(await self._client.create(CONTROLLER_REVISION, plan.create))
            if plan.renumber is not None:
                self._revisions.observe(await self._client.replace(CONTROLLER_REVISION, plan.renumber))
            for name in plan.delete:
                await self._client.delete(CONTROLLER_REVISION, name, namespace)
        except (AlreadyExists, NotFound):
            return  # seen in a moment

    def get(self, name: str, namespace: str) -> Tree | None:
        """Return a revision."""
        return self._revisions.cache.get(name, namespace)

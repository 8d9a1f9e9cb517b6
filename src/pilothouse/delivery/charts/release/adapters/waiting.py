"""Waiting for objects: watched, not asked again and again; the rules are those of `engine/readiness`.

Called by the actions after objects were applied, for hooks, and after deletions. One watch for each kind and namespace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery.charts.release.adapters.cluster import Cluster
from pilothouse.delivery.charts.release.engine.readiness import (
    CURRENT,
    FAILED,
    NOT_FOUND,
    UNKNOWN,
    Readiness,
    is_paused,
)
from pilothouse.delivery.charts.release.errors import NotReady
from pilothouse.kit.aio import run_all
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.sdk.informer import Change, Informer, Scope
from pilothouse.sdk.kinds import Kind

Rule = Callable[[Tree], Readiness]
ObjectName = tuple[Kind, str, str]
MAX_SINGLE = 1
"""Objects of a kind in a namespace that are watched by name; more are watched by the whole kind."""


class Waiter:
    """Waits on one server."""

    def __init__(self, cluster: Cluster, clock: Clock, entropy: Entropy) -> None:
        """Wait for objects of `cluster`."""
        self._cluster, self._clock, self._entropy = cluster, clock, entropy

    async def until_ready(self, trees: Iterable[Tree], rule: Rule, timeout_s: float) -> None:
        """Return once every object is current; raises NotReady naming those that failed or were too late."""
        wanted = {await self._name(tree): Readiness(UNKNOWN, "") for tree in trees if not is_paused(tree)}

        def judge(key: ObjectName, tree: Tree | None) -> bool:
            wanted[key] = rule(tree) if tree is not None else Readiness(NOT_FOUND, "Resource not found")
            return wanted[key].status in (CURRENT, FAILED)

        is_late = await self._watch(wanted, judge, timeout_s)
        problems = [
            f"resource {kind.kind}/{namespace}/{name} not ready. status: {found.status}, message: {found.message}"
            for (kind, namespace, name), found in wanted.items()
            if found.status != CURRENT
        ]
        if problems:
            raise NotReady("\n".join([*problems, *(["context deadline exceeded"] if is_late else [])]))

    async def until_gone(self, trees: Iterable[Tree], timeout_s: float) -> None:
        """Return once no object is there; raises NotReady naming those that stay."""
        wanted: dict[ObjectName, bool] = {await self._name(tree): False for tree in trees}

        def judge(key: ObjectName, tree: Tree | None) -> bool:
            wanted[key] = tree is None
            return wanted[key]

        if await self._watch(wanted, judge, timeout_s):
            stay = [
                f"resource {k.kind}/{place}/{name} still exists." for (k, place, name), is_gone in wanted.items() if not is_gone
            ]
            raise NotReady("\n".join([*stay, "context deadline exceeded"]))

    async def _name(self, tree: Tree) -> ObjectName:
        return await self._cluster.kind_of(tree), namespace_of(tree), name_of(tree)

    async def _watch(
        self, wanted: Iterable[ObjectName], judge: Callable[[ObjectName, Tree | None], bool], timeout_s: float
    ) -> bool:
        """Judge every state of the wanted objects until all are settled; returns whether the time was over first."""
        open_names = set(wanted)
        if not open_names:
            return False
        done = asyncio.Event()

        def settle(key: ObjectName, tree: Tree | None) -> None:
            if judge(key, tree):
                open_names.discard(key)
            else:
                open_names.add(key)
            if not open_names:
                done.set()

        scopes: dict[tuple[Kind, str], list[str]] = {}
        for kind, namespace, name in open_names:
            scopes.setdefault((kind, namespace), []).append(name)
        informers = [self._informer(kind, namespace, names, settle) for (kind, namespace), names in scopes.items()]
        try:
            async with asyncio.timeout(timeout_s):
                await run_all(informer.start() for informer in informers)
                for key in list(open_names):
                    informer = next(i for i in informers if i.scope.kind == key[0] and i.scope.namespace == key[1])
                    settle(key, informer.cache.get(key[2], key[1]))
                await done.wait()
        except TimeoutError:
            return True
        finally:
            await run_all(informer.stop() for informer in informers)
        return False

    def _informer(
        self, kind: Kind, namespace: str, names: list[str], settle: Callable[[ObjectName, Tree | None], None]
    ) -> Informer:
        fields = f"metadata.name={names[0]}" if len(names) <= MAX_SINGLE else ""
        informer = Informer(self._cluster.client, Scope(kind, namespace, fields=fields), self._clock, self._entropy)
        followed = frozenset(names)

        def tell(change: Change) -> None:
            if change.key.name in followed:
                settle((kind, namespace, change.key.name), change.new)

        informer.add_handler(tell)
        return informer

"""The calls of an environment for coroutines, on whatever event loop they run."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from pilothouse.api.meta import Tree
from pilothouse.sdk.client import PatchType
from pilothouse.sdk.kinds import Kind
from pilothouse.testing.conditions import Condition
from pilothouse.testing.objects import Manifests, Trees
from pilothouse.testing.plane import Plane
from pilothouse.testing.threads.looping import LoopThread

T = TypeVar("T")


class AsyncCalls:
    """What `Environment` has, to be awaited."""

    def __init__(self, plane: Plane, thread: LoopThread) -> None:
        """Call `plane`, which runs in `thread`."""
        self._plane, self._thread = plane, thread

    async def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await self._thread.hop(self._plane.entered(coroutine))

    async def get(self, kind: str | Kind, name: str, namespace: str = "default") -> Tree:
        """Return one object; raises `ApiNotFound`."""
        return await self._call(self._plane.objects.get(kind, name, namespace))

    async def list(self, kind: str | Kind, namespace: str = "default", labels: str = "") -> Trees:
        """Return the objects of a namespace ("" for all of them) that match a label selector."""
        return await self._call(self._plane.objects.list(kind, namespace, labels))

    async def create(self, tree: Tree, namespace: str = "default") -> Tree:
        """Create an object; raises `ApiAlreadyExists`."""
        return await self._call(self._plane.objects.create(tree, namespace))

    async def apply(self, manifests: Manifests | Path, namespace: str = "default") -> Trees:
        """Apply a file, a folder, YAML text or trees; definitions are served when it returns."""
        return await self._call(self._plane.objects.apply(manifests, namespace))

    async def patch(
        self, kind: str | Kind, name: str, patch: Any, namespace: str = "default", *, patch_type: PatchType = "merge",
        subresource: str = "",
    ) -> Tree:  # fmt: skip
        """Patch an object."""
        return await self._call(self._plane.objects.patch(kind, name, patch, namespace, patch_type, subresource))

    async def delete(self, kind: str | Kind, name: str, namespace: str = "default", *, propagation: str = "") -> None:
        """Ask for deletion."""
        await self._call(self._plane.objects.delete(kind, name, namespace, propagation))

    async def wait_for(
        self, kind: str | Kind, name: str, condition: Condition = "Ready", namespace: str = "default", *,
        timeout_s: float | None = None,
    ) -> Tree:  # fmt: skip
        """Return the object once the condition holds; raises `NotReached` with all that is known about it."""
        return await self._call(self._plane.wait_for(kind, name, condition, namespace, timeout_s))

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass; returns when all that became due is done."""
        await self._call(self._plane.advance(seconds))

"""The contract of a reconciler: one key in, a result out.

A reconciler is level-based: it is told which object to look at, never what happened, reads the newest state and moves the world
one step towards the wish. It returns a `Result` (or None), raises any error to be tried again later, or raises
`sdk.errors.TerminalError` when trying again cannot help.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from pilothouse.api.meta import ObjectKey


class Request(msgspec.Struct, frozen=True, order=True, gc=False):
    """Which object to reconcile."""

    namespace: str
    name: str

    @property
    def key(self) -> ObjectKey:
        """The same as a cache key."""
        return ObjectKey(self.namespace, self.name)

    def __str__(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Result(msgspec.Struct, frozen=True, gc=False):
    """What to do next; without `requeue_after_s` wait for the next change."""

    requeue_after_s: float | None = None


Reconciler = Callable[[Request], Awaitable[Result | None]]

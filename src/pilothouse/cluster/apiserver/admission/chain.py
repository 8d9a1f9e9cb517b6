"""The stages of admission in their order, and allocations that must be undone when a write fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj

Undo = list[Callable[[], Awaitable[None]]]


class Stage(Protocol):
    """One admission stage; `old` is None for a create, `obj` for a delete is the object deleted."""

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Change the object, or raise to refuse it."""
        ...

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Raise to refuse the object."""
        ...


class PostedStage(Protocol):
    """A stage that also sees objects which are not stored."""

    def start(self) -> None:
        """Read what is configured."""
        ...

    @property
    def is_used(self) -> bool:
        """Whether there is anything to ask."""
        ...

    async def posted(self, call: Call) -> None:
        """Ask about what is posted to a subresource; may change the body of the request."""
        ...

    async def asked(self, call: Call, obj: Obj) -> None:
        """Ask about an object that is not stored, such as a review; may change it."""
        ...


class Allocator(Protocol):
    """Something that reserves values (addresses, ports) for an object."""

    async def allocate(self, call: Call, obj: Obj, old: Obj | None) -> Undo:
        """Reserve and set; returns what undoes it."""
        ...

    async def deleted(self, resource: Resource, obj: Obj, kept: Obj | None = None) -> None:
        """Release what an object held before it was deleted, or became `kept`."""
        ...


class Admission:
    """All stages."""

    def __init__(
        self, backend: Backend, stages: list[Stage], allocators: list[Allocator], dynamic: PostedStage | None = None
    ) -> None:
        """Keep the stages in order; `dynamic` is the one of them that also sees what is posted to subresources."""
        self.backend, self.stages, self.allocators, self.dynamic = backend, stages, allocators, dynamic

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Run the mutating half."""
        for stage in self.stages:
            await stage.mutate(call, obj, old)

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Run the validating half."""
        for stage in self.stages:
            await stage.validate(call, obj, old)

    def start(self) -> None:
        """Read what is configured."""
        if self.dynamic is not None:
            self.dynamic.start()

    async def posted(self, call: Call) -> None:
        """Show what is posted to a subresource (a Binding, an Eviction, a TokenRequest) to policies and webhooks."""
        if self.dynamic is not None and self.dynamic.is_used and call.verb == "create":
            await self.dynamic.posted(call)

    async def asked(self, call: Call, obj: Obj) -> None:
        """Show an object that is not stored to policies and webhooks, which may change it."""
        if self.dynamic is not None and self.dynamic.is_used:
            await self.dynamic.asked(call, obj)

    async def allocate(self, call: Call, obj: Obj, old: Obj | None) -> Undo:
        """Reserve what the object needs."""
        undo: Undo = []
        try:
            for allocator in self.allocators:
                undo += await allocator.allocate(call, obj, old)
        except BaseException:
            await self.release(undo)
            raise
        return undo

    async def release(self, undo: Undo) -> None:
        """Undo reservations."""
        for step in undo:
            await step()

    async def deleted(self, resource: Resource, obj: Obj, kept: Obj | None = None) -> None:
        """Release what an object held before it was deleted, or became `kept`."""
        for allocator in self.allocators:
            await allocator.deleted(resource, obj, kept)

"""The stages of admission in their order, and allocations that must be undone when a write fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj

Undo = list[Callable[[], Awaitable[None]]]
Half = Callable[[Call, Obj, Obj | None], Awaitable[None]]
MAX_KINDS = 10_000
"""Kinds remembered: definitions come and go."""


class Stage:
    """One admission stage; `old` is None for a create, `obj` for a delete is the object deleted."""

    kinds: ClassVar[frozenset[str] | None] = None
    """The kinds it has something to say about, None for all: the others pass by without asking it."""

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Change the object, or raise to refuse it."""

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Raise to refuse the object."""


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

    async def repair(self) -> None:
        """Release what a crash left reserved for nobody; called before the first request."""
        ...


class Admission:
    """All stages."""

    def __init__(
        self, backend: Backend, stages: list[Stage], allocators: list[Allocator], dynamic: PostedStage | None = None
    ) -> None:
        """Keep the stages in order; `dynamic` is the one of them that also sees what is posted to subresources."""
        self.backend, self.stages, self.allocators, self.dynamic = backend, stages, allocators, dynamic
        self._mutating: dict[str, list[Half]] = {}
        self._validating: dict[str, list[Half]] = {}

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Run the mutating half."""
        kind = call.resource.kind
        for mutate in self._mutating.get(kind) or self._halves(self._mutating, "mutate", kind):
            await mutate(call, obj, old)

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Run the validating half."""
        kind = call.resource.kind
        for validate in self._validating.get(kind) or self._halves(self._validating, "validate", kind):
            await validate(call, obj, old)

    def add(self, stage: Stage) -> None:
        """Ask one more stage, after the others."""
        self.stages.append(stage)
        self._mutating.clear()
        self._validating.clear()

    def _halves(self, known: dict[str, list[Half]], name: str, kind: str) -> list[Half]:
        """Return the halves of the stages that concern a kind: most say nothing about most kinds."""
        concerned = [stage for stage in self.stages if stage.kinds is None or kind in stage.kinds]
        halves = [getattr(stage, name) for stage in concerned if getattr(type(stage), name) is not getattr(Stage, name)]
        if len(known) >= MAX_KINDS:
            known.clear()
        known[kind] = halves
        return halves

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

    async def repair(self) -> None:
        """Release what a crash, or a store that took no more writes, left reserved for nobody."""
        for allocator in self.allocators:
            await allocator.repair()

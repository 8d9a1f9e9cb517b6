"""A controller: sources of keys, one queue, a few workers, one reconciler.

One key is never in two workers at once. Every reconcile is one log line and one observation; failures are retried with a growing
delay, except terminal ones, which wait for the next change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from pilothouse.api.meta import Tree, metadata, namespace_of
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import Conflict, PilothouseError
from pilothouse.kit.log import bind
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.errors import TerminalError
from pilothouse.sdk.informer import Change, Informer
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.queue import QueueClosed, WorkQueue
from pilothouse.sdk.reconcile import Reconciler, Request, Result

logger = logging.getLogger("pilothouse.sdk.controller")
Mapper = Callable[[Tree], Iterable[Request]]
Predicate = Callable[[Change], bool]


def to_self(tree: Tree) -> list[Request]:
    """Map an object to itself."""
    return [Request(namespace_of(tree), str(metadata(tree).get("name", "")))]


def to_controller(kind: Kind) -> Mapper:
    """Return a mapper from an object to its controlling owner of `kind`."""

    def mapper(tree: Tree) -> list[Request]:
        namespace = namespace_of(tree) if kind.is_namespaced else ""
        return [
            Request(namespace, str(reference["name"]))
            for reference in metadata(tree).get("ownerReferences") or ()
            if reference.get("controller") and reference.get("kind") == kind.kind and _same_group(reference, kind)
        ]

    return mapper


def _same_group(reference: Tree, kind: Kind) -> bool:
    return str(reference.get("apiVersion", "")).rpartition("/")[0] == kind.group


def spec_changed(change: Change) -> bool:
    """Predicate: ignore changes of status alone."""
    if change.old is None or change.new is None:
        return True
    old, new = metadata(change.old), metadata(change.new)
    return (
        old.get("generation") != new.get("generation")
        or old.get("deletionTimestamp") != new.get("deletionTimestamp")
        or old.get("labels") != new.get("labels")
        or old.get("annotations") != new.get("annotations")
        or old.get("finalizers") != new.get("finalizers")
    )


class Controller:
    """Runs a reconciler for every key its sources name."""

    def __init__(self, name: str, reconciler: Reconciler, clock: Clock, metrics: MetricsRegistry, *, workers: int = 4) -> None:
        """Call `reconciler` from up to `workers` tasks at once."""
        self.name = name
        self.queue: WorkQueue[Request] = WorkQueue(name, clock, metrics)
        self._reconciler, self._clock, self._workers = reconciler, clock, workers
        self._tasks = TaskScope(f"controller-{name}")
        self._sources: list[tuple[Informer, Mapper, Predicate | None]] = []
        self._total = metrics.counter("controller_runtime_reconcile_total", "Reconciles by result.", ["controller", "result"])
        self._errors = metrics.counter("controller_runtime_reconcile_errors_total", "Failed reconciles.", ["controller"])
        self._time = metrics.histogram("controller_runtime_reconcile_time_seconds", "Duration of a reconcile.", ["controller"])

    def watch(self, informer: Informer, mapper: Mapper = to_self, predicate: Predicate | None = None) -> None:
        """Enqueue what `mapper` returns for each changed object that passes `predicate`."""
        self._sources.append((informer, mapper, predicate))

    def enqueue(self, request: Request) -> None:
        """Enqueue a key from an external event."""
        self.queue.add(request)

    async def start(self) -> None:
        """Wait for the caches, then work until `stop`."""
        for informer, _, _ in self._sources:
            await informer.start()
        for informer, mapper, predicate in self._sources:
            informer.add_handler(self._handler(mapper, predicate))
        for number in range(self._workers):
            self._tasks.spawn(self._work(), f"worker-{number}")

    def _handler(self, mapper: Mapper, predicate: Predicate | None) -> Callable[[Change], None]:
        def handle(change: Change) -> None:
            if predicate is not None and not predicate(change):
                return
            for request in mapper(change.tree):
                self.queue.add(request)
            if change.type == "modified" and change.old is not None:
                for request in mapper(change.old):
                    self.queue.add(request)

        return handle

    async def stop(self) -> None:
        """Let no further key be taken and end the workers."""
        await self.queue.close()
        await self._tasks.close()

    async def _work(self) -> None:
        while True:
            try:
                request = await self.queue.get()
            except QueueClosed:
                return
            try:
                await self._reconcile(request)
            finally:
                self.queue.done(request)

    async def _reconcile(self, request: Request) -> None:
        started = self._clock.monotonic()
        with bind(controller=self.name, object=str(request)):
            try:
                result = await self._reconciler(request)
            except TerminalError as error:
                self._finish(started, "error")
                logger.error("will not try again until the object changes: %s", error)
            except Exception as error:  # noqa: BLE001 - the one place that turns any failure of a reconciler into a retry
                self._failed(request, started, error)
            else:
                self._succeeded(request, started, result)

    def _succeeded(self, request: Request, started: float, result: Result | None) -> None:
        self.queue.forget(request)
        if result is not None and result.requeue_after_s is not None:
            self.queue.add_after(request, result.requeue_after_s)
            self._finish(started, "requeue_after")
        else:
            self._finish(started, "success")
        logger.debug("reconciled in %.1f ms", (self._clock.monotonic() - started) * 1000)

    def _failed(self, request: Request, started: float, error: Exception) -> None:
        delay_s = self.queue.add_rate_limited(request)
        self._finish(started, "error")
        if isinstance(error, Conflict) and self.queue.failures(request) < 5:
            logger.debug("conflict, again in %.3f s: %s", delay_s, error)
        elif isinstance(error, PilothouseError):
            logger.warning("reconcile failed, again in %.3f s: %s", delay_s, error)
        else:
            logger.error("reconcile failed, again in %.3f s: %r", delay_s, error, exc_info=error)

    def _finish(self, started: float, result: str) -> None:
        self._total.inc(self.name, result)
        self._time.observe(self._clock.monotonic() - started, self.name)
        if result == "error":
            self._errors.inc(self.name)

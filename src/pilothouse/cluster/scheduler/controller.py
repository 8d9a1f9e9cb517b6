"""Follows nodes and Pods, takes decisions, binds."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from pilothouse.api.meta import ObjectKey, Tree, condition_of, name_of, with_condition
from pilothouse.cluster.scheduler.engine.framework import place
from pilothouse.cluster.scheduler.engine.podinfo import PodInfo, pod_info
from pilothouse.cluster.scheduler.engine.queue import SchedulingQueue
from pilothouse.cluster.scheduler.engine.table import NodeTable
from pilothouse.kit.aio import TaskScope, yield_now
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import Conflict, NotFound, PilothouseError
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import NODE, POD
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.status import write_status

logger = logging.getLogger("pilothouse.scheduler")
NAME = "default-scheduler"


class Scheduler:
    """Binds Pods to nodes."""

    def __init__(self, manager: Manager) -> None:
        """Schedule for the API server behind `manager`."""
        self._manager, self._clock = manager, manager.clock
        self._client = manager.client.named(NAME)
        self._recorder = manager.recorder(NAME)
        self._nodes, self._pods = manager.informer(NODE), manager.informer(POD)
        self._table, self._queue = NodeTable(), SchedulingQueue()
        self._wake = asyncio.Event()
        self._scope = TaskScope("scheduler")
        metrics = manager.metrics
        self._attempts = metrics.counter("scheduler_schedule_attempts_total", "Attempts by result.", ["result", "profile"])
        self._latency = metrics.histogram("scheduler_scheduling_algorithm_duration_seconds", "Time of a decision.")
        pending = metrics.gauge("scheduler_pending_pods", "Pods waiting, by queue.", ["queue"])
        pending.observe_with(lambda: float(len(self._queue)), "active")
        pending.observe_with(lambda: float(self._queue.unschedulable), "unschedulable")

    async def start(self) -> None:
        """Fill the table, then schedule until `stop`."""
        await self._nodes.start()
        await self._pods.start()
        self._nodes.add_handler(self._on_node)
        self._pods.add_handler(self._on_pod)
        self._scope.spawn(self._run(), "run")

    async def stop(self) -> None:
        """End."""
        await self._scope.close()

    def _on_node(self, change: Change) -> None:
        if change.new is None:
            self._table.remove_node(change.key.name)
        else:
            self._table.put_node(change.new)
            for key in self._pods.cache.keys():  # noqa: SIM118 - a Cache is no mapping
                if change.old is None:
                    self._readopt(key, change.key.name)
        self._changed()

    def _readopt(self, key: ObjectKey, node: str = "") -> None:
        """Count a Pod as the cache has it: on `node`, whose Pods were known before it, or wherever it is."""
        tree = self._pods.cache.get(key.name, key.namespace)
        if tree is not None and (not node or (tree.get("spec") or {}).get("nodeName") == node):
            self._table.put_pod(pod_info(tree))

    def _on_pod(self, change: Change) -> None:
        info = pod_info(change.tree)
        if change.new is None or info.is_terminated:
            self._table.remove_pod(info.uid)
            self._queue.forget(info.key)
            self._changed()
        elif info.node:
            self._table.put_pod(info)
            self._queue.forget(info.key)
        elif _is_waiting(info, change):
            self._queue.add(info.key, info.priority)
            self._wake.set()

    def _changed(self) -> None:
        self._queue.something_changed(self._clock.monotonic())
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._queue.release(self._clock.monotonic())
            key = self._queue.pop()
            if key is None:
                await self._wait()
                continue
            tree = self._pods.cache.get(key.name, key.namespace)
            if tree is not None and not (tree.get("spec") or {}).get("nodeName"):
                self._schedule(tree)
                await yield_now()

    async def _wait(self) -> None:
        wait_s = self._queue.next_release_s(self._clock.monotonic())
        alarm = None if wait_s is None else self._scope.spawn(self._ring(wait_s), "backoff")
        await self._wake.wait()
        if alarm is not None:
            alarm.cancel()

    async def _ring(self, delay_s: float) -> None:
        """Wake the loop once; an alarm that is cancelled wakes nobody."""
        await self._clock.sleep(delay_s + 0.001)
        self._wake.set()

    def _schedule(self, tree: Tree) -> None:
        started = self._clock.monotonic()
        info = pod_info(tree)
        decision = place(info, self._table)
        self._latency.observe(self._clock.monotonic() - started)
        if decision.node:
            assumed = msgspec.structs.replace(info, node=decision.node)
            self._table.put_pod(assumed)
            self._scope.spawn(self._bind(tree, assumed), "bind")
        else:
            self._attempts.inc("unschedulable", NAME)
            self._queue.set_aside(info.key, self._clock.monotonic())
            self._scope.spawn(self._report(tree, decision.message), "report")

    async def _bind(self, tree: Tree, info: PodInfo) -> None:
        try:
            await self._client.bind(info.key.name, info.key.namespace, info.node)
        except (NotFound, Conflict) as error:
            self._table.remove_pod(info.uid)
            self._readopt(info.key)
            self._changed()
            logger.debug("binding of %s is void: %s", info.key, error)
            return
        except PilothouseError as error:
            self._table.remove_pod(info.uid)
            self._attempts.inc("error", NAME)
            logger.warning("binding of %s failed: %s", info.key, error)
            self._queue.retry_later(info.key, self._clock.monotonic())
            self._wake.set()
            return
        self._attempts.inc("scheduled", NAME)
        self._recorder.normal(tree, "Scheduled", f"Successfully assigned {info.key} to {info.node}")

    async def _report(self, tree: Tree, message: str) -> None:
        """Tell why a Pod waits, once per reason."""
        now = rfc3339(self._clock.now())
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        known = condition_of(tree, "PodScheduled") or {}
        if all(known.get(key) == value for key, value in condition.items()):
            return

        def compute(pod: Tree) -> Tree:
            status = pod.get("status") or {}
            return {**status, "conditions": with_condition(status.get("conditions"), condition, now)}

        try:
            await write_status(self._client, POD, tree, compute)
            self._recorder.warning(tree, "FailedScheduling", message)
        except PilothouseError as error:
            logger.debug("condition of %s not written: %s", name_of(tree), error)


def _is_waiting(info: PodInfo, change: Change) -> bool:
    """Whether the Pod wants a node from this scheduler and is new or changed."""
    spec = change.tree.get("spec") or {}
    if info.is_deleting or info.is_gated or spec.get("schedulerName", NAME) != NAME:
        return False
    return change.old is None or change.old.get("spec") != spec

"""The state of flow control as text, below `/debug/api_priority_and_fairness/`. Source: the dumps of the reference server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.cluster.apiserver.http.respond import text_answer
from pilothouse.wire.http.messages import Response

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.http.flowcontrol.fairness import Fairness

PREFIX = "/debug/api_priority_and_fairness/"
_LEVELS = (
    "PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests", "DispatchedRequests",
    "RejectedRequests", "TimedoutRequests", "CancelledRequests",
)  # fmt: skip
_QUEUES = ("PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse", "NextDispatchR")
_REQUESTS = (
    "PriorityLevelName",
    "FlowSchemaName",
    "QueueIndex",
    "RequestIndexInQueue",
    "FlowDistingsher",
    "InitialSeats",
    "WaitedFor",
)
Row = tuple[object, ...]


def dump(fairness: Fairness, path: str) -> Response | None:
    """Return a dump by its path, None for a path that is none."""
    name = path.removeprefix(PREFIX)
    if name == "dump_priority_levels":
        return _table(_LEVELS, _levels(fairness))
    if name == "dump_queues":
        return _table(_QUEUES, _queues(fairness))
    return _table(_REQUESTS, _requests(fairness)) if name == "dump_requests" else None


def _table(names: tuple[str, ...], rows: list[Row]) -> Response:
    """Return a table with aligned columns, each but the last followed by a comma."""
    lines = [names, *(tuple(map(_shown, row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) + 2 for column in range(len(names))]
    text = ["".join(f"{cell}, ".ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip(", ") for line in lines]
    return text_answer("\n".join(text) + "\n")


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:.3f}" if isinstance(value, float) else str(value)


def _levels(fairness: Fairness) -> list[Row]:
    out: list[Row] = []
    for name, level in sorted(fairness.levels.by_name.items()):
        active = sum(bool(queue.items or queue.executing) for queue in level.queues.queues) if level.queues is not None else 0
        flows = [flow for flow in fairness.flows if flow.level is level]
        executing, dispatched = sum(flow.executing for flow in flows), sum(flow.dispatched for flow in flows)
        is_idle = not level.waiting and not executing
        out.append((name, active, is_idle, False, level.waiting, executing, dispatched, level.rejected, level.timed_out, 0))
    return out


def _queues(fairness: Fairness) -> list[Row]:
    return [
        (name, queue.index, len(queue.items), queue.executing, queue.seats, queue.virtual)
        for name, level in sorted(fairness.levels.by_name.items()) if level.queues is not None for queue in level.queues.queues
    ]  # fmt: skip


def _requests(fairness: Fairness) -> list[Row]:
    now = fairness.backend.clock.monotonic()
    return [
        (name, item.schema, queue.index, index, item.flow, item.width, f"{now - item.arrived:.3f}s")
        for name, level in sorted(fairness.levels.by_name.items()) if level.queues is not None
        for queue in level.queues.queues for index, item in enumerate(queue.items)
    ]  # fmt: skip

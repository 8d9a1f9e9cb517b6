"""What is measured of flow control, under the names of the reference server; read from the counters of flows and levels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pilothouse.kit.metrics import Metric, MetricsRegistry

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.http.flowcontrol.fairness import Fairness, Flow
    from pilothouse.cluster.apiserver.http.flowcontrol.levels import Level

_PREFIX = "apiserver_flowcontrol_"
_BOTH = ("flow_schema", "priority_level")
_WAITS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)


def _executing(flow: Flow) -> float:
    return float(flow.executing)


def _waiting(flow: Flow) -> float:
    queues = flow.level.queues
    if queues is None or not queues.waiting:
        return 0.0
    return float(sum(item.schema == flow.schema.name for queue in queues.queues for item in queue.items))


_LEVEL_GAUGES: tuple[tuple[str, str, Callable[[Level], float]], ...] = (
    ("nominal_limit_seats", "Nominal number of seats of a priority level.", lambda level: float(level.seats)),
    ("lower_limit_seats", "Seats that a priority level keeps for itself.", lambda level: float(level.kept)),
    ("upper_limit_seats", "Seats of a priority level with all that it may borrow.",
     lambda level: min(level.seats + level.borrowable, float(level.levels.total))),
    ("current_limit_seats", "Seats that a priority level may hold now.",
     lambda level: float(level.levels.total if level.is_exempt else max(level.seats, level.levels.free_for(level)))),
)  # fmt: skip


class FlowMetrics:
    """The families of one server."""

    def __init__(self, metrics: MetricsRegistry, fairness: Fairness) -> None:
        """Write to `metrics`."""
        self.metrics, self.fairness = metrics, fairness
        self._followed: list[tuple[Metric, tuple[str, ...]]] = []
        self._rejected = metrics.counter(
            f"{_PREFIX}rejected_requests_total", "Requests that flow control refused.", (*_BOTH, "reason")
        )
        self._waits = metrics.histogram(
            f"{_PREFIX}request_wait_duration_seconds", "Time requests waited in a queue.", ("execute", *_BOTH), _WAITS
        )
        self._dispatched = metrics.counter(f"{_PREFIX}dispatched_requests_total", "Requests that flow control let begin.", _BOTH)
        self._flows = (
            (metrics.gauge(f"{_PREFIX}current_executing_requests", "Requests that are being served.", _BOTH), _executing),
            (metrics.gauge(f"{_PREFIX}current_inqueue_requests", "Requests that wait.", _BOTH), _waiting),
        )
        self._held = metrics.gauge(f"{_PREFIX}current_executing_seats", "Seats of a priority level that are held.", _BOTH[1:])
        self._levels = tuple(
            (metrics.gauge(_PREFIX + name, text, ("priority_level",)), read) for name, text, read in _LEVEL_GAUGES
        )

    def follow(self) -> None:
        """Read from the flows and levels there are now, and no longer from those that are gone."""
        before, self._followed = self._followed, []
        self._follow_all()
        for metric, labels in set(before) - set(self._followed):
            metric.forget(*labels)

    def _read(self, metric: Metric, callback: Callable[[], float], *labels: str) -> None:
        metric.observe_with(callback, *labels)
        self._followed.append((metric, labels))

    def _follow_all(self) -> None:
        for flow in self.fairness.flows:
            labels = (flow.schema.name, flow.level.name)
            self._read(self._dispatched, partial(getattr, flow, "dispatched"), *labels)
            for gauge, of_flow in self._flows:
                self._read(gauge, partial(of_flow, flow), *labels)
        for level in self.fairness.levels.by_name.values():
            self._read(self._held, partial(self._seats, level), level.name)
            for gauge, of_level in self._levels:
                self._read(gauge, partial(of_level, level), level.name)

    def _seats(self, level: Level) -> float:
        """Return the seats that are held; an exempt level has none, there every request counts as one."""
        if not level.is_exempt:
            return float(level.in_use)
        return float(sum(flow.executing for flow in self.fairness.flows if flow.level is level))

    def rejected(self, flow: Flow, reason: str) -> None:
        """Count a refusal."""
        self._rejected.inc(flow.schema.name, flow.level.name, reason)

    def waited(self, flow: Flow, seconds: float, *, is_executed: bool) -> None:
        """Count a wait."""
        self._waits.observe(seconds, "true" if is_executed else "false", flow.schema.name, flow.level.name)

"""A loop that is held shows as lag."""

from __future__ import annotations

import asyncio
import time

from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import ManualClock, SystemClock
from pilothouse.kit.looplag import observe_lag
from pilothouse.kit.metrics import Histogram, MetricsRegistry


def lag_of(metrics: MetricsRegistry) -> Histogram:
    return metrics.histogram("pilothouse_event_loop_lag_seconds", "")


def test_an_idle_loop_is_on_time() -> None:
    async def run() -> str:
        metrics, clock, scope = MetricsRegistry(), ManualClock(), TaskScope("test")
        scope.spawn(observe_lag(clock, metrics), "lag")
        await clock.advance(0)
        for _ in range(20):
            await clock.advance(0.1)
        await scope.close()
        assert lag_of(metrics).count() >= 19
        return metrics.exposition()

    assert 'pilothouse_event_loop_lag_seconds_bucket{le="0.001"} 20' in asyncio.run(run())


def test_a_held_loop_is_late() -> None:
    async def run() -> float:
        metrics, clock, scope = MetricsRegistry(), SystemClock(), TaskScope("test")
        scope.spawn(observe_lag(clock, metrics), "lag")
        await clock.sleep(0.05)
        time.sleep(0.4)  # holds the loop, as a long computation would
        await clock.sleep(0.01)
        await scope.close()
        assert lag_of(metrics).count() == 1
        return lag_of(metrics).value()

    assert asyncio.run(run()) > 0.3

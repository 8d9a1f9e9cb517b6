"""How late the event loop is: one thread serves everybody, so whatever holds it makes everybody wait.

`pilothouse_event_loop_lag_seconds` is what a request waits for at worst before anybody looks at it.
"""

from __future__ import annotations

from pilothouse.kit.clock import Clock
from pilothouse.kit.metrics import MetricsRegistry

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_EVERY_S = 0.1


async def observe_lag(clock: Clock, metrics: MetricsRegistry) -> None:
    """Sleep again and again and note how much later than wished each sleep ended; runs until it is cancelled."""
    lag = metrics.histogram("pilothouse_event_loop_lag_seconds", "How late the event loop runs what is due.", buckets=BUCKETS_S)
    while True:
        due = clock.monotonic() + _EVERY_S
        await clock.sleep(_EVERY_S)
        lag.observe(max(0.0, clock.monotonic() - due))

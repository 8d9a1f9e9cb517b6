"""Delays between failing runs and failing pulls, as kubelet computes them.

The first restart is immediate, then 10 s doubling to 5 min, counted from the end of the last run; ten quiet minutes reset it.
"""

from __future__ import annotations

BASE_S = 10.0
CAP_S = 300.0
RESET_S = 2 * CAP_S


def remaining_s(backoff_s: float, finished_at: float, now: float) -> float:
    """Return how many seconds the next run still has to wait."""
    return max(0.0, finished_at + backoff_s - now) if backoff_s else 0.0


def next_backoff_s(backoff_s: float, set_at: float, now: float) -> float:
    """Return the delay that applies after the run that starts now."""
    if backoff_s == 0.0 or now - set_at > RESET_S:
        return BASE_S
    return min(CAP_S, backoff_s * 2)


def next_pull_backoff_s(backoff_s: float) -> float:
    """Return the delay after one more failed pull."""
    return min(CAP_S, backoff_s * 2) if backoff_s else BASE_S


def words(delay_s: float) -> str:
    """Write a delay the way Go prints durations: `10s`, `1m20s`, `5m0s`."""
    minutes, seconds = divmod(int(delay_s), 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"

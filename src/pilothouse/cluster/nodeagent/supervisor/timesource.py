"""The supervisor's clock: it may not import the platform's clock seam, which costs asyncio.

Only stamps on log lines and exit records and kill deadlines come from here; nothing is decided on it.
"""

from __future__ import annotations

import time


def now() -> float:
    """Seconds since 1970."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def monotonic() -> float:
    """Seconds from an arbitrary start."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def stamp() -> str:
    """Return the time as CRI logs write it: RFC 3339, UTC, nanoseconds."""
    nanos = time.clock_gettime_ns(time.CLOCK_REALTIME)
    whole = time.gmtime(nanos // 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", whole) + f".{nanos % 1_000_000_000:09d}Z"

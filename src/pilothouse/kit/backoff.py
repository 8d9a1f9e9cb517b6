"""Exponential backoff with jitter: as pure state, and around an action that may be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pilothouse.kit.clock import Clock, Entropy
from pilothouse.kit.errors import Conflict, InternalError, Unavailable

T = TypeVar("T")


class Backoff:
    """Delays that double from `base_s` to `cap_s`; `reset` after a success."""

    __slots__ = ("_entropy", "attempts", "base_s", "cap_s", "jitter")

    def __init__(self, base_s: float, cap_s: float, entropy: Entropy | None = None, jitter: float = 0.1) -> None:
        """Begin at `base_s` seconds, never exceed `cap_s`; `jitter` is the random share added or taken."""
        self.base_s, self.cap_s, self.jitter = base_s, cap_s, jitter
        self.attempts = 0
        self._entropy = entropy

    def next_delay_s(self) -> float:
        """Return the next delay and count the attempt."""
        delay_s = min(self.cap_s, self.base_s * 2.0 ** min(self.attempts, 60))
        self.attempts += 1
        if self._entropy is None or self.jitter == 0:
            return delay_s
        return delay_s * self._entropy.uniform(1 - self.jitter, 1 + self.jitter)

    def reset(self) -> None:
        """Forget past failures."""
        self.attempts = 0


async def patiently(clock: Clock, action: Callable[[], Awaitable[T]], patience_s: float = 30.0) -> T:
    """Return what `action` returns; it may run several times, so it must be safe to repeat.

    Conflicts, internal errors and a server that is not available are met by another try, with growing pauses, for `patience_s`
    seconds; then the last error is raised. Any other error is raised at once.
    """
    last, backoff = clock.monotonic() + patience_s, Backoff(0.05, 2.0)
    while True:
        try:
            return await action()
        except (Conflict, InternalError, Unavailable) as error:
            pause = max(backoff.next_delay_s(), error.retry_after_s)
            if clock.monotonic() + pause > last:
                raise
            await clock.sleep(pause)

"""Exponential backoff with full jitter, as pure state: the caller sleeps."""

from __future__ import annotations

from pilothouse.kit.clock import Entropy


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

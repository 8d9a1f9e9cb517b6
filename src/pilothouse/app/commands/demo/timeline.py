"""The demo's output: one line per verified step, with the time it took."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError


class StepFailed(PilothouseError):
    """A step of the demo could not be verified."""

    reason = "StepFailed"


class Timeline:
    """Prints steps and keeps their figures."""

    def __init__(self, clock: Clock) -> None:
        """Measure with `clock`."""
        self._clock = clock
        self._start = clock.monotonic()
        self.figures: dict[str, float] = {}

    def now(self) -> float:
        """Return seconds since the demo began."""
        return self._clock.monotonic() - self._start

    def title(self, text: str) -> None:
        """Begin a chapter."""
        print(f"\n{text}", flush=True)

    def note(self, text: str) -> None:
        """Print something that was measured or seen."""
        print(f"  {self.now():7.2f} s           {text}", flush=True)

    @contextmanager
    def step(self, text: str, figure: str = "") -> Iterator[list[str]]:
        """Time a step; what is appended to the list is printed behind it."""
        started = self.now()
        details: list[str] = []
        try:
            yield details
        except BaseException:
            print(f"  {self.now():7.2f} s   FAILED  {text}", file=sys.stderr, flush=True)
            raise
        took_s = self.now() - started
        if figure:
            self.figures[figure] = round(took_s, 3)
        tail = f": {', '.join(details)}" if details else ""
        print(f"  {self.now():7.2f} s  +{took_s:6.2f}  {text}{tail}", flush=True)

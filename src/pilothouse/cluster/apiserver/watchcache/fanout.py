"""Telling many watchers of one change.

Thousands may follow the same resource. A task switch for each would cost more than the write, so connections that can be
written to at any time are: `Fanout` goes through the watchers with news, a few in each turn of the event loop. Requests are
served between the turns, and what they change joins what the next watchers are sent: the more happens, the fewer writes each
event takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Protocol

logger = logging.getLogger("pilothouse.apiserver")
IN_A_TURN = 64
"""Watchers written to before other requests have their turn: about a millisecond."""


class Watcher(Protocol):
    """Somebody who is told."""

    def deliver(self) -> None:
        """Send what is next."""
        ...

    def give_up(self) -> None:
        """It cannot be told any more."""
        ...


class Fanout:
    """The watchers that have something to be told."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._due: deque[Watcher] = deque()
        self._is_scheduled = False

    def add(self, watcher: Watcher) -> None:
        """Have `watcher` deliver in one of the next turns."""
        self._due.append(watcher)
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False
        for _ in range(min(len(self._due), IN_A_TURN)):
            watcher = self._due.popleft()
            try:
                watcher.deliver()
            except Exception:
                logger.exception("a watch could not be written to")
                watcher.give_up()
        if self._due:
            self._schedule()

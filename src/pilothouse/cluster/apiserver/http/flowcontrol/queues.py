"""The queues of one level: shuffle sharding chooses the queue of a request, fair queuing the queue that goes next.

Every queue has a virtual clock that runs by the seconds its requests hold seats; the queue whose clock is behind goes next, so
that a queue of many or long requests cannot keep others waiting. A flow gets a hand of queues and uses the shortest of them:
another flow shares all of them only by accident. Source: start-time fair queuing (Goyal et al. 1996), KEP-1040.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable

MAX_MADE = 1_000
"""Queues that are kept although nobody waits in them."""
GUESS_S = 0.003
"""How long a request is thought to hold its seats, until it is known."""


class Waiting:
    """A request that waits."""

    __slots__ = ("arrived", "flow", "grant", "queue", "schema", "width")

    def __init__(self, schema: str, flow: str, width: int, arrived: float, grant: Callable[[], None]) -> None:
        """Wait for `width` seats; `grant` is called when they are free."""
        self.schema, self.flow, self.width, self.arrived, self.grant = schema, flow, width, arrived, grant
        self.queue: Queue | None = None


class Queue:
    """One queue."""

    __slots__ = ("executing", "index", "items", "seats", "virtual")

    def __init__(self, index: int) -> None:
        """Start empty."""
        self.index, self.items = index, deque[Waiting]()
        self.virtual, self.executing, self.seats = 0.0, 0, 0

    @property
    def load(self) -> int:
        """Seats that are held or waited for."""
        return self.seats + sum(item.width for item in self.items)

    def done(self, width: int, seconds: float) -> None:
        """Account for a request that is over."""
        self.executing -= 1
        self.seats -= width
        self.virtual += width * (seconds - GUESS_S)


class QueueSet:
    """The queues of one level."""

    def __init__(self, count: int, hand: int, length: int) -> None:
        """Make `count` queues of at most `length` requests, each when first used; a flow uses `hand` of them."""
        self._made: dict[int, Queue] = {}
        self.count, self.hand, self.length = count, min(hand, count), length
        self.waiting = 0
        self._now = 0.0

    def add(self, item: Waiting) -> bool:
        """Queue a request; False when its queue is full."""
        hand = deal(hash_of(item.schema, item.flow), self.count, self.hand)
        queue = min((self._queue(card) for card in hand), key=lambda found: found.load)
        if len(queue.items) >= self.length:
            return False
        if not queue.items and not queue.executing:
            queue.virtual = max(queue.virtual, self._now)
        queue.items.append(item)
        item.queue = queue
        self.waiting += 1
        return True

    @property
    def queues(self) -> list[Queue]:
        """The queues that were used."""
        return list(self._made.values())

    def _queue(self, index: int) -> Queue:
        found = self._made.get(index)
        if found is None:
            if len(self._made) >= MAX_MADE:
                self._made = {key: queue for key, queue in self._made.items() if queue.items or queue.executing}
            found = self._made[index] = Queue(index)
        return found

    def first(self) -> Waiting | None:
        """Return the request that goes next, None when nobody waits."""
        if not self.waiting:
            return None
        return min((queue for queue in self._made.values() if queue.items), key=lambda queue: queue.virtual).items[0]

    def take(self, item: Waiting) -> None:
        """Let the request that `first` returned begin."""
        queue = item.queue
        assert queue is not None and queue.items[0] is item
        queue.items.popleft()
        self.waiting -= 1
        self._now = queue.virtual
        queue.virtual += item.width * GUESS_S
        queue.executing += 1
        queue.seats += item.width

    def discard(self, item: Waiting) -> bool:
        """Forget a request that does not want to wait any longer; whether it was waiting."""
        if item.queue is None or item not in item.queue.items:
            return False
        item.queue.items.remove(item)
        self.waiting -= 1
        return True


def hash_of(schema: str, flow: str) -> int:
    """Return the number that decides the queues of a flow."""
    return int.from_bytes(hashlib.sha256(f"{schema},{flow}".encode()).digest()[:8], "little")


def deal(value: int, deck: int, hand: int) -> list[int]:
    """Return `hand` different cards out of `deck`, as a number decides."""
    cards: list[int] = []
    for dealt in range(hand):
        value, card = divmod(value, deck - dealt)
        for taken in sorted(cards):
            card += card >= taken
        cards.append(card)
    return cards

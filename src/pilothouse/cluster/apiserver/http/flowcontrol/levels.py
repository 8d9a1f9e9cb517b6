"""Priority levels: how many seats each has, who may begin, and what levels lend each other.

Pure but for the counters: `fairness` asks and waits. A level that has used up its own seats takes those that others can lend and
leave free; what a level may not lend is always there for it. Source: PriorityLevelConfiguration of flowcontrol v1.
"""

from __future__ import annotations

import math

from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.flowcontrol.queues import QueueSet, Waiting


class Level:
    """One priority level with the requests that hold or want its seats."""

    __slots__ = (
        "borrowable", "in_use", "is_exempt", "kept", "levels", "name", "queues", "rejected", "seats", "shape", "shares",
        "timed_out", "uid",
    )  # fmt: skip

    def __init__(self, name: str, levels: Levels) -> None:
        """Start without seats; `configure` gives them."""
        self.name, self.levels, self.uid = name, levels, ""
        self.is_exempt, self.shares, self.seats, self.kept = False, 0, 0, 0
        self.borrowable = math.inf
        self.queues: QueueSet | None = None
        self.shape: tuple[int, int, int] | None = None
        self.in_use = self.rejected = self.timed_out = 0

    def configure(self, obj: Obj) -> None:
        """Take the settings of a PriorityLevelConfiguration."""
        spec = obj.get("spec") or {}
        self.uid, self.is_exempt = obj["metadata"].get("uid", ""), spec.get("type") == "Exempt"
        part = spec.get("exempt" if self.is_exempt else "limited") or {}
        self.shares = part.get("nominalConcurrencyShares", 0 if self.is_exempt else 30)
        response = part.get("limitResponse") or {}
        queuing = response.get("queuing") or {}
        shape = (queuing.get("queues", 64), queuing.get("handSize", 8), queuing.get("queueLengthLimit", 50))
        wanted = shape if response.get("type") == "Queue" and not self.is_exempt else None
        if wanted != self.shape and not self.waiting:
            self.shape, self.queues = wanted, QueueSet(*wanted) if wanted is not None else None

    def share(self, obj: Obj, total: int, shares: int) -> None:
        """Set the seats out of the `total` of the server, by the `shares` of all levels."""
        spec = obj.get("spec") or {}
        part = spec.get("exempt" if self.is_exempt else "limited") or {}
        self.seats = math.ceil(total * self.shares / shares) if shares else 0
        self.kept = self.seats - round(self.seats * part.get("lendablePercent", 0) / 100)
        most = part.get("borrowingLimitPercent")
        self.borrowable = math.inf if most is None else round(self.seats * most / 100)

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self.queues.waiting if self.queues is not None else 0

    def enter(self, width: int) -> bool:
        """Take seats if they are free and nobody waits for them."""
        if self.is_exempt or (not self.waiting and self.has_room(width)):
            self.in_use += width
            return True
        return False

    def has_room(self, width: int) -> bool:
        """Whether a request may begin: with own seats, with borrowed ones, or because it is alone and wider than the level."""
        after = self.in_use + width
        if self.is_exempt or after <= self.seats or (not self.in_use and self.seats):
            return True
        return after - self.seats <= self.borrowable and after <= self.levels.free_for(self)

    def leave(self, width: int) -> None:
        """Give seats back, and let others begin."""
        self.in_use -= width
        if self.levels.waiting:
            self.levels.pump(self)

    def add(self, item: Waiting) -> bool:
        """Let a request wait; False when there is no place for it."""
        if self.queues is None or not self.queues.add(item):
            return False
        self.levels.waiting += 1
        self.pump()
        return True

    def give_up(self, item: Waiting) -> None:
        """Forget a request that waited too long."""
        if self.queues is not None and self.queues.discard(item):
            self.levels.waiting -= 1

    def pump(self) -> None:
        """Let as many of those that wait begin as there is room for."""
        queues = self.queues
        while queues is not None:
            item = queues.first()
            if item is None or not self.has_room(item.width):
                return
            queues.take(item)
            self.levels.waiting -= 1
            self.in_use += item.width
            item.grant()


class Levels:
    """All levels of a server."""

    def __init__(self, total: int) -> None:
        """Share `total` seats."""
        self.total, self.waiting = total, 0
        self.by_name: dict[str, Level] = {}

    def configure(self, objects: dict[str, Obj]) -> None:
        """Take the settings of all PriorityLevelConfigurations; those that are gone keep who waits until it is served."""
        for name in [name for name, level in self.by_name.items() if name not in objects]:
            level = self.by_name.pop(name)
            level.is_exempt, level.seats = True, self.total
            level.pump()
        for name, obj in objects.items():
            self.by_name.setdefault(name, Level(name, self)).configure(obj)
        shares = sum(level.shares for level in self.by_name.values())
        for name, level in self.by_name.items():
            level.share(objects[name], self.total, shares)
        for level in self.by_name.values():
            level.pump()

    def free_for(self, level: Level) -> int:
        """Return how many seats a level may hold, with all it can borrow now."""
        others = sum(
            max(other.in_use, other.kept) for other in self.by_name.values() if other is not level and not other.is_exempt
        )
        return self.total - others

    def pump(self, freed: Level) -> None:
        """Let those begin that wait for seats which became free, the level's own first."""
        freed.pump()
        for level in self.by_name.values():
            if level is not freed and level.waiting:
                level.pump()

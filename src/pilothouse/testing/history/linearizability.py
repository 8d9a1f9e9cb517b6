"""Is there one order of all operations, each between its call and its answer, that explains every answer?

The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
linearizability", 2017): what is done as a bit set, with the state it led to, is never looked at twice. Keys are judged one by
one, since a history is linearizable when that of each key is (Herlihy and Wing, 1990).

Operations without an answer make the search long, so they are tried last, equal ones in one order only, and never where what
follows would be the same without them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

from pilothouse.kit.errors import PilothouseError
from pilothouse.testing.history.operations import Operation, Violation
from pilothouse.testing.history.register import KeyModel

MAX_STEPS = 2_000_000


class Undecided(PilothouseError):
    """The search for an order of operations was given up."""

    reason = "Undecided"


class Model(Protocol):
    """The behaviour of one key when only one client uses it. States must be hashable."""

    def initial(self) -> Any:
        """Return the state before the first operation."""
        ...

    def step(self, state: Any, operation: Operation) -> Hashable | None:
        """Return the state after `operation`, None if it cannot have been answered like this in `state`."""
        ...

    def prepare(self, operations: list[Operation]) -> list[Operation]:
        """Return the operations on one key with what can be concluded about lost answers, or as they are.

        Operations that differ in nothing but client and time are taken to be interchangeable.
        """
        ...

    def show(self, state: Any) -> str:
        """Return a state in words, for messages."""
        ...


def check_linearizable(
    operations: Iterable[Operation], model: Model | None = None, *, max_steps: int = MAX_STEPS
) -> list[Violation]:
    """Return a `Violation` for each key whose operations no order explains.

    `model` says what a key may answer (`KeyModel` unless given). Raises `Undecided` after `max_steps` steps on one key.
    """
    by_key: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.kind != "read" or operation.outcome == "ok":
            by_key.setdefault(operation.key, []).append(operation)
    judge = model or KeyModel()
    found = [_Search(history, judge, max_steps).run(key) for key, history in by_key.items()]
    return [violation for violation in found if violation is not None]


class _Search:
    """Depth first over the orders of the operations on one key."""

    def __init__(self, history: list[Operation], model: Model, max_steps: int) -> None:
        self.operations = sorted(model.prepare(history), key=lambda operation: operation.called)
        self.model, self.max_steps = model, max_steps
        self.kinds = [_kind(operation) for operation in self.operations]
        self.unanswered = sum(operation.outcome == "unknown" for operation in self.operations)
        self.events = self._events()
        self.after = [*range(1, len(self.events) + 1), 0]
        self.before = [-1, *range(len(self.events))]
        """A ring over the events not yet explained; its head is the place after the last event."""
        self.after[-1], self.before[0] = 0, len(self.events)
        self.place_of_call = {number: place for place, (number, is_call) in enumerate(self.events) if is_call}
        self.place_of_return = {number: place for place, (number, is_call) in enumerate(self.events) if not is_call}
        self.deepest: tuple[int, Any, int] = (-1, None, 0)
        self.steps = 0

    def _events(self) -> list[tuple[int, bool]]:
        """Return (operation, is a call) in order of time; at the same time calls come first: that is more lenient."""
        times = [(operation.called, 0, number) for number, operation in enumerate(self.operations)]
        times += [
            (operation.returned, 1, number) for number, operation in enumerate(self.operations) if operation.outcome != "unknown"
        ]
        return [(number, not is_return) for _, is_return, number in sorted(times)]

    def run(self, key: str) -> Violation | None:
        """Return what is wrong, None when an order was found."""
        state: Any = self.model.initial()
        wanted = len(self.operations) - self.unanswered
        answered = done = 0
        seen: set[tuple[int, Any]] = set()
        path: list[tuple[int, Any, list[int]]] = []
        choices = self._choices(0, state)
        while answered < wanted:
            placed, following = self._next(choices, done, state, seen, path)
            if self.steps > self.max_steps:
                fix = "use more keys, fewer clients on one key, or fewer operations without an answer"
                raise Undecided(f"key {key}: no order found in {self.steps} steps", fix=fix)
            if placed >= 0:
                path.append((placed, state, choices))
                done, state = done | 1 << placed, following
                seen.add((done, state))
                answered += self._take(placed)
                choices = self._choices(answered, state)
            elif path:
                placed, state, choices = path.pop()
                done ^= 1 << placed
                answered -= self._put_back(placed)
            else:
                return self._violation(key, wanted)
        return None

    def _next(
        self, choices: list[int], done: int, state: Any, seen: set[tuple[int, Any]], path: list[tuple[int, Any, list[int]]]
    ) -> tuple[int, Any]:
        """Take from `choices` until one is possible and worth looking at; return it and the state behind it, or -1."""
        step, operations = self.model.step, self.operations
        is_lost = bool(path) and operations[path[-1][0]].outcome == "unknown"
        while choices:
            number = choices.pop()
            following = step(state, operations[number])
            self.steps += 1
            if following is None or (done | 1 << number, following) in seen:
                continue
            if operations[number].outcome == "unknown" and following == state:
                continue
            if is_lost and step(path[-1][1], operations[number]) == following:
                continue
            return number, following
        return -1, None

    def _choices(self, answered: int, state: Any) -> list[int]:
        """Return the operations that may come next, the best one last: all that were called before the first answer."""
        known: list[int] = []
        unknown: dict[Hashable, int] = {}
        place = self.after[len(self.events)]
        while place < len(self.events):
            number, is_call = self.events[place]
            if not is_call:
                if answered > self.deepest[0]:
                    self.deepest = (answered, state, number)
                break
            if self.operations[number].outcome == "unknown":
                unknown.setdefault(self.kinds[number], number)
            else:
                known.append(number)
            place = self.after[place]
        return [*reversed(unknown.values()), *reversed(known)]

    def _take(self, number: int) -> int:
        self._unlink(self.place_of_call[number])
        place = self.place_of_return.get(number)
        if place is None:
            return 0
        self._unlink(place)
        return 1

    def _put_back(self, number: int) -> int:
        place = self.place_of_return.get(number)
        if place is not None:
            self._link(place)
        self._link(self.place_of_call[number])
        return 0 if place is None else 1

    def _unlink(self, place: int) -> None:
        before, after = self.before[place], self.after[place]
        self.after[before], self.before[after] = after, before

    def _link(self, place: int) -> None:
        self.after[self.before[place]] = self.before[self.after[place]] = place

    def _violation(self, key: str, wanted: int) -> Violation:
        answered, state, stuck = self.deepest
        text = f"key {key}: no order explains it: {self.operations[stuck]}, but at best, after {answered} of {wanted} answers, "
        return Violation("linearizable", f"{text}there was {self.model.show(state)}")


def _kind(operation: Operation) -> Hashable:
    return (operation.kind, operation.value, operation.expected, operation.expected_value, operation.revision)

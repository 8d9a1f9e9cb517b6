"""Was a watch told exactly what it asked for? Compares what it got with the log of commits.

The promises are those etcd states for its watch API: ordered, unique, atomic, complete ("reliable"), resumable and bookmarkable;
and three more: nothing that is not durable yet, nothing from before the start, `410` only for what was really compacted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from pilothouse.testing.history.operations import Violation

EventType = Literal["ADDED", "MODIFIED", "DELETED", ""]
Matches = Callable[[str, bytes | str], bool]


class Commit(msgspec.Struct, frozen=True):
    """One key of one durable write; `value` None is a deletion. Commits of one transaction share their revision."""

    revision: int
    key: str
    value: bytes | str | None


class Seen(msgspec.Struct, frozen=True):
    """One event as a watch was told it. `value` is not compared for deletions: systems differ in what they send."""

    revision: int
    key: str
    value: bytes | str | None
    type: EventType = ""


class _Answer(msgspec.Struct, frozen=True):
    kind: Literal["opened", "events", "bookmark", "expired"]
    revision: int
    events: tuple[Seen, ...] = ()
    limit: int | None = None


class WatchRecord:
    """What one watch asked for and was told, across reconnections."""

    def __init__(self, name: str = "watch") -> None:
        """Begin empty; `name` appears in messages."""
        self.name = name
        self.answers: list[_Answer] = []

    def opened(self, from_revision: int) -> None:
        """It was opened, or opened again, for what comes after `from_revision`.

        Going on behind what it was told is right only after `expired`: the client has read everything anew.
        """
        self.answers.append(_Answer("opened", from_revision))

    def events(self, *events: Seen, durable: int | None = None) -> None:
        """One answer with events; `durable` is the newest revision that was durable by then, if known."""
        self.answers.append(_Answer("events", events[-1].revision if events else 0, events, durable))

    def bookmark(self, revision: int, *, durable: int | None = None) -> None:
        """It was told that everything up to `revision` was delivered."""
        self.answers.append(_Answer("bookmark", revision, limit=durable))

    def expired(self, from_revision: int, *, compacted: int | None = None) -> None:
        """It was refused or ended, as history after `from_revision` is gone; `compacted` is where history really begins."""
        self.answers.append(_Answer("expired", from_revision, limit=compacted))

    @property
    def position(self) -> int:
        """Revision to resume from: of the last event or bookmark, or where it was opened."""
        told = [answer.revision for answer in self.answers if answer.kind != "expired" and answer.revision]
        return told[-1] if told else 0


def matching_events(log: Sequence[Commit], matches: Matches) -> list[Seen]:
    """Return the events a watch with the selector `matches(key, value)` is to be told of `log`, as Kubernetes defines them.

    An object that begins to match is ADDED, one that no longer does is DELETED.
    """
    live: dict[str, bytes | str] = {}
    events: list[Seen] = []
    for commit in log:
        before = live.get(commit.key)
        was = before is not None and matches(commit.key, before)
        is_now = commit.value is not None and matches(commit.key, commit.value)
        if commit.value is None:
            live.pop(commit.key, None)
        else:
            live[commit.key] = commit.value
        if is_now:
            events.append(Seen(commit.revision, commit.key, commit.value, "MODIFIED" if was else "ADDED"))
        elif was:
            events.append(Seen(commit.revision, commit.key, None, "DELETED"))
    return events


def check_watch(
    log: Sequence[Commit], watch: WatchRecord, *, prefix: str = "", matches: Matches | None = None, until: int = 0
) -> list[Violation]:
    """Return the promises that `watch` breaks, given all commits in order.

    It watched keys with `prefix` for which `matches(key, value)`. Complete means: up to what it was told last, or up to revision
    `until` when it had to reach that.
    """
    selector: Matches = matches or (lambda key, value: True)
    expected = matching_events(log, lambda key, value: key.startswith(prefix) and selector(key, value))
    return _Validator(watch.name, expected).run(watch.answers, until)


class _Validator:
    """Walks along the events that were to come."""

    def __init__(self, name: str, expected: list[Seen]) -> None:
        self.name, self.expected = name, expected
        self.revisions = [event.revision for event in expected]
        self.place = {(event.revision, event.key): place for place, event in enumerate(expected)}
        self.next = 0
        """Place of the next event that was to come."""
        self.start = self.told = 0
        self.is_reopened = self.is_expired = False
        self.violations: list[Violation] = []

    def run(self, answers: Sequence[_Answer], until: int) -> list[Violation]:
        for answer in answers:
            if answer.kind == "opened":
                self._open(answer.revision)
            elif answer.kind == "expired":
                self._expire(answer)
            elif answer.kind == "bookmark":
                self._bookmark(answer)
            else:
                self._batch(answer)
        if until and any(answer.kind == "opened" for answer in answers):
            self._miss_up_to(until, "complete", f"and should have come to revision {until}")
        return self.violations

    def _break(self, guarantee: str, message: str) -> None:
        self.violations.append(Violation(guarantee, f"{self.name}: {message}"))

    def _open(self, revision: int) -> None:
        if self.told and not self.is_expired:
            self._miss_up_to(revision, "resumable", f"and was resumed at {revision}")
        self.is_reopened, self.is_expired = bool(self.told), False
        self.start = self.told = revision
        self.next = bisect_right(self.revisions, revision)

    def _expire(self, answer: _Answer) -> None:
        self.is_expired = True
        if answer.limit is not None and answer.revision >= answer.limit:
            self._break("expired", f"410 for revision {answer.revision}, though history after {answer.limit} is kept")

    def _bookmark(self, answer: _Answer) -> None:
        self._durable(answer)
        if answer.revision < self.told:
            self._break("ordered", f"bookmark {answer.revision} after revision {self.told}")
        self._miss_up_to(answer.revision, "bookmarkable", f"but a bookmark says {answer.revision}")
        self.told = max(self.told, answer.revision)

    def _batch(self, answer: _Answer) -> None:
        self._durable(answer)
        for event in answer.events:
            self._event(event)
        if self.next < len(self.expected) and self.next and answer.events and self.revisions[self.next] == self.told:
            self._break("atomic", f"an answer ends in the middle of revision {self.told}")

    def _durable(self, answer: _Answer) -> None:
        if answer.limit is not None and answer.revision > answer.limit:
            self._break("durable", f"was told of revision {answer.revision} when {answer.limit} was durable")

    def _event(self, event: Seen) -> None:
        number = self.place.get((event.revision, event.key))
        place = f"revision {event.revision} of {event.key}"
        if event.revision <= self.start:
            self._break("start", f"{place}, though it was opened for what comes after {self.start}")
        elif number is None:
            self._break("authentic", f"{place} was never committed, or does not match")
        elif number < self.next:
            is_last = event.revision == self.told
            self._break("unique" if is_last else "ordered", f"{place} again or too late, after revision {self.told}")
        else:
            self._forward(event, number, place)

    def _forward(self, event: Seen, number: int, place: str) -> None:
        """Go on to an event that is ahead; everything before it was left out."""
        wanted = self.expected[number]
        if self.next < number:
            if self.revisions[self.next] == event.revision:
                self._break("atomic", f"{place} came before {self.expected[self.next].key} of the same revision")
            self._miss_up_to(event.revision - 1, "complete", f"but {place} came")
        if event.value != wanted.value and wanted.value is not None:
            self._break("authentic", f"{place} has another value than was committed")
        if event.type and event.type != wanted.type:
            self._break("authentic", f"{place} came as {event.type}, it is {wanted.type}")
        self.next = number + 1
        self.told = event.revision

    def _miss_up_to(self, revision: int, guarantee: str, reason: str) -> None:
        """Break the guarantee if something up to `revision` was not told; go behind it."""
        end = bisect_right(self.revisions, revision)
        missed = self.expected[self.next : end]
        if not missed:
            return
        name = "resumable" if self.is_reopened and self.told == self.start and guarantee == "complete" else guarantee
        more = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
        self._break(name, f"was not told revision {missed[0].revision} of {missed[0].key}{more}, {reason}")
        self.next = max(self.next, end)

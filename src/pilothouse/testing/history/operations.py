"""Records of what clients did: called when, answered when, with what outcome.

An operation whose answer was lost has the outcome `unknown`: it may have taken effect at any time after it was called, or never.
One that certainly had no effect (refused connection, rejected before the store) is not recorded at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

Kind = Literal["read", "write", "delete"]
Outcome = Literal["ok", "refused", "unknown"]
Value = bytes | str | None


class Violation(msgspec.Struct, frozen=True):
    """A promise that a history breaks."""

    guarantee: str
    """`linearizable`, or the promise of a watch: ordered, unique, atomic, complete, resumable, bookmarkable, durable, ..."""
    message: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.guarantee}: {self.message}"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One call of one client on one key."""

    client: str
    key: str
    kind: Kind
    called: float
    returned: float = math.inf
    """Times in any unit, as long as all clients read the same clock; infinite when there was no answer."""
    outcome: Outcome = "unknown"
    value: Value = None
    """What was written, or what a read found; None is absent."""
    expected: int | None = None
    """Revision the write asked for: 0 creates, None is unconditional, `register.EXISTS` any that exists."""
    expected_value: Value | UnsetType = UNSET
    """Value the write asked for, in stores that compare values."""
    revision: int = 0
    """Revision the answer told: of the write, of what was read, of what a refused write found; 0 when it told none."""

    def __str__(self) -> str:
        """Return what happened in words."""
        condition = "" if self.expected is None else f" if at revision {self.expected}"
        if self.expected_value is not UNSET:
            condition += f" if {_shown(self.expected_value)}"
        what = f"wrote {_shown(self.value)}" if self.kind == "write" else "deleted"
        if self.kind == "read":
            what = f"read {_shown(self.value)}"
        result = {"ok": "", "refused": ", refused", "unknown": ", no answer"}[self.outcome]
        told = f" at revision {self.revision}" if self.revision else ""
        return f"{self.client} {what}{condition}{result}{told} ({self.called:g} to {self.returned:g})"


def _shown(value: Value) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}...{text[-1]}"


class Call:
    """An operation under way; tell how it ended, once. One that is never told stays `unknown`."""

    def __init__(self, recorder: Recorder, operation: Operation) -> None:
        """Made by `Recorder.call`."""
        self._recorder, self._operation = recorder, operation
        self._place = len(recorder.slots)
        recorder.slots.append(operation)

    def ok(self, *, value: Value = None, revision: int = 0) -> None:
        """It was done; `value` is what a read found, `revision` what the answer told."""
        found = value if self._operation.kind == "read" else self._operation.value
        self._end("ok", found, revision)

    def refused(self, revision: int = 0) -> None:
        """Its condition did not hold, nothing was done; `revision` is the one that was found, if told."""
        self._end("refused", self._operation.value, revision)

    def failed(self) -> None:
        """It certainly had no effect and tells nothing: forget it."""
        self._recorder.slots[self._place] = None

    def _end(self, outcome: Outcome, value: Value, revision: int) -> None:
        self._recorder.slots[self._place] = msgspec.structs.replace(
            self._operation, outcome=outcome, value=value, revision=revision, returned=self._recorder.now()
        )


class Recorder:
    """Collects the operations of any number of clients."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        """Count calls and answers, which orders them for clients in one process; or read the clock `now`, shared by all."""
        self.now: Callable[[], float] = now or count(1).__next__
        self.slots: list[Operation | None] = []

    def call(
        self, client: str, key: str, kind: Kind, *, value: Value = None, expected: int | None = None,
        expected_value: Value | UnsetType = UNSET,
    ) -> Call:  # fmt: skip
        """Note that `client` calls now."""
        operation = Operation(
            client=client, key=key, kind=kind, called=self.now(), value=value, expected=expected, expected_value=expected_value
        )
        return Call(self, operation)

    @property
    def operations(self) -> list[Operation]:
        """Return what was recorded so far."""
        return [operation for operation in self.slots if operation is not None]

"""What one key may answer: a register with writes, conditional writes, creations and deletions, and revisions as etcd has them.

The state is (value, revision, floor): the revision is 0 while nobody was told it, `floor` is the largest one known before. A
history that tells no revisions is judged by values alone.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from pilothouse.testing.history.operations import Operation, Value

EXISTS = -1
"""`Operation.expected` of a write that asks for nothing but that the key exists: an update without a revision in Kubernetes."""
_UNREAD = "a value that nobody read"


class KeyState(NamedTuple):
    """One key at one moment."""

    value: Value = None
    revision: int = 0
    floor: int = 0


class KeyModel:
    """The sequential behaviour of one key; see `linearizability.Model`."""

    def __init__(self, initial: KeyState | None = None) -> None:
        """Begin with an absent key, or with `initial`."""
        self._initial = initial or KeyState()

    def initial(self) -> KeyState:
        """Return the state before the first operation."""
        return self._initial

    def step(self, state: KeyState, operation: Operation) -> KeyState | None:
        """Return the state after `operation`, None if it cannot have been answered like this in `state`."""
        if operation.kind == "read":
            return self._read(state, operation)
        if operation.outcome == "ok":
            return self._done(state, operation)
        if operation.outcome == "refused":
            return self._refused(state, operation)
        return self._done(state, operation) or state

    def prepare(self, operations: list[Operation]) -> list[Operation]:
        """Conclude what can be concluded about lost answers.

        A write whose value was read took effect before that read was answered. Those whose values nobody read are alike.
        """
        writers = Counter(one.value for one in operations if one.kind == "write")
        wanted = {one.expected_value for one in operations}
        readers: dict[Value, Operation] = {}
        for one in operations:
            if one.kind == "read" and (one.value not in readers or one.returned < readers[one.value].returned):
                readers[one.value] = one
        prepared = []
        for one in operations:
            if one.kind == "write" and one.outcome == "unknown" and one.value not in wanted:
                reader = readers.get(one.value)
                if reader is None:
                    one = replace(one, value=_UNREAD)
                elif writers[one.value] == 1:
                    one = replace(one, outcome="ok", returned=reader.returned, revision=reader.revision)
            prepared.append(one)
        return prepared

    def show(self, state: KeyState) -> str:
        """Return the state in words."""
        if state.value is None:
            return "nothing"
        return f"{state.value!r} at {f'revision {state.revision}' if state.revision else 'a revision nobody was told'}"

    def _read(self, state: KeyState, operation: Operation) -> KeyState | None:
        if operation.outcome != "ok":
            return state
        if operation.value != state.value:
            return None
        return state if state.value is None else _told(state, operation.revision)

    def _done(self, state: KeyState, operation: Operation) -> KeyState | None:
        """Return the state after a write took effect, None if its condition cannot have held."""
        if operation.kind == "delete" and operation.expected is None and state.value is None:
            return state if not operation.revision else None
        held = _condition(state, operation)
        if held is None:
            return None
        if operation.revision and operation.revision <= held.floor:
            return None
        value = operation.value if operation.kind == "write" else None
        revision = operation.revision if value is not None else 0
        return KeyState(value, revision, max(held.floor, operation.revision))

    def _refused(self, state: KeyState, operation: Operation) -> KeyState | None:
        """Return the state if the condition cannot have held, or need not have."""
        if operation.kind == "delete" and operation.expected is None:
            return state if state.value is None else None
        is_open = (operation.expected or 0) > 0 and state.value is not None and not state.revision
        if not is_open and _condition(state, operation) is not None:
            return None
        if state.value is None:
            return None if operation.revision else state
        return _told(state, operation.revision)


def _condition(state: KeyState, operation: Operation) -> KeyState | None:
    """Return the state with what is known of it once the condition held, None if it cannot have held."""
    if operation.expected_value is not UNSET and operation.expected_value != state.value:
        return None
    if operation.expected is None:
        return state
    if operation.expected == 0:
        return state if state.value is None else None
    if state.value is None or operation.expected == EXISTS:
        return None if state.value is None else state
    return _told(state, operation.expected)


def _told(state: KeyState, revision: int) -> KeyState | None:
    """Return the state knowing that its revision is `revision` (0: nothing was told), None if it is another."""
    if not revision or revision == state.revision:
        return state
    return KeyState(state.value, revision, revision) if not state.revision and revision > state.floor else None

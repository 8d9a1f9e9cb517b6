"""Histories of a store that is right, made from a seed: clients whose operations overlap, answers that are lost."""

from __future__ import annotations

from pilothouse.kit.clock import Entropy
from pilothouse.testing.history import Call, Operation, Recorder

Cell = tuple[bytes, int]


class PerfectStore:
    """A dictionary with revisions; each operation takes effect at one moment."""

    def __init__(self) -> None:
        self.cells: dict[str, Cell] = {}
        self.revision = 0

    def apply(self, call: Call, key: str, kind: str, value: bytes, expected: int | None) -> tuple[str, bytes | None, int]:
        found = self.cells.get(key)
        if kind == "read":
            return "ok", *(found or (None, 0))
        if expected is not None and expected != (found[1] if found else 0):
            return "refused", None, found[1] if found else 0
        if kind == "delete" and found is None:
            return "refused", None, 0
        self.revision += 1
        if kind == "delete":
            del self.cells[key]
        else:
            self.cells[key] = (value, self.revision)
        return "ok", None, self.revision


def simulate(seed: int, *, count: int = 200, clients: int = 8, keys: int = 2, lost: float = 0.05) -> list[Operation]:
    """Return `count` operations: each client calls, takes effect some time later (or never, when lost), and is answered later."""
    entropy, store, recorder = Entropy(seed), PerfectStore(), Recorder()
    stages: list[list[object]] = [[] for _ in range(clients)]
    made = 0
    while made < count or any(stages):
        client = entropy.randrange(clients)
        stage = stages[client]
        if not stage and made < count:
            made += 1
            stages[client] = _begin(entropy, recorder, store, f"c{client}", f"/k/{entropy.randrange(keys)}", made)
        elif len(stage) == 5:
            call, key, kind, value, expected = stage
            is_lost = entropy.uniform(0, 1) < lost
            answer = None if is_lost and entropy.randrange(2) else store.apply(call, key, kind, value, expected)  # type: ignore[arg-type]
            stages[client] = [] if is_lost else [call, answer]
        elif stage:
            call, (outcome, found, revision) = stage  # type: ignore[misc]
            if outcome == "ok":
                call.ok(value=found, revision=revision)  # type: ignore[attr-defined]
            else:
                call.refused(revision)  # type: ignore[attr-defined]
            stages[client] = []
    return recorder.operations


def _begin(entropy: Entropy, recorder: Recorder, store: PerfectStore, client: str, key: str, number: int) -> list[object]:
    kind = ("read", "read", "write", "write", "write", "delete")[entropy.randrange(6)]
    value = b"%d" % number
    current = store.cells.get(key, (b"", 0))[1]
    expected = (None, current, current, 0, max(0, current - 1))[entropy.randrange(5)] if kind != "read" else None
    if kind == "delete" and expected == 0:
        expected = None
    written = value if kind == "write" else None
    return [recorder.call(client, key, kind, value=written, expected=expected), key, kind, value, expected]  # type: ignore[arg-type]

"""The states of one key."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.testing.history import KeyModel, Operation
from pilothouse.testing.history.register import EXISTS, KeyState

ABSENT, LIVE, UNTOLD = KeyState(floor=3), KeyState(b"v", 7, 7), KeyState(b"v", 0, 3)


def step(state: KeyState, kind: str, outcome: str = "ok", **fields: Any) -> KeyState | None:
    return KeyModel().step(state, Operation(client="c", key="k", kind=kind, called=1, outcome=outcome, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "kind", "fields", "after"),
    [
        (ABSENT, "read", {}, ABSENT),
        (ABSENT, "read", {"value": b"v"}, None),
        (LIVE, "read", {"value": b"v", "revision": 7}, LIVE),
        (LIVE, "read", {"value": b"v", "revision": 8}, None),
        (UNTOLD, "read", {"value": b"v", "revision": 5}, KeyState(b"v", 5, 5)),
        (UNTOLD, "read", {"value": b"v", "revision": 3}, None),
        (ABSENT, "write", {"value": b"w", "expected": 0, "revision": 9}, KeyState(b"w", 9, 9)),
        (LIVE, "write", {"value": b"w", "expected": 0, "revision": 9}, None),
        (LIVE, "write", {"value": b"w", "revision": 6}, None),
        (LIVE, "write", {"value": b"w"}, KeyState(b"w", 0, 7)),
        (UNTOLD, "write", {"value": b"w", "expected": 5, "revision": 6}, KeyState(b"w", 6, 6)),
        (UNTOLD, "write", {"value": b"w", "expected": 5, "revision": 5}, None),
        (UNTOLD, "write", {"value": b"w", "expected": 2, "revision": 6}, None),
        (LIVE, "delete", {"expected": 7, "revision": 8}, KeyState(None, 0, 8)),
        (LIVE, "write", {"value": b"w", "expected": EXISTS, "revision": 9}, KeyState(b"w", 9, 9)),
        (ABSENT, "write", {"value": b"w", "expected": EXISTS, "revision": 9}, None),
        (ABSENT, "delete", {}, ABSENT),
        (ABSENT, "delete", {"revision": 8}, None),
    ],
)
def test_what_was_done(state: KeyState, kind: str, fields: dict[str, Any], after: KeyState | None) -> None:
    assert step(state, kind, **fields) == after


@pytest.mark.parametrize(
    ("state", "kind", "fields", "after"),
    [
        (LIVE, "write", {"expected": 0}, LIVE),
        (LIVE, "write", {"expected": 7}, None),
        (LIVE, "write", {"expected": 6, "revision": 7}, LIVE),
        (LIVE, "write", {"expected": 6, "revision": 8}, None),
        (UNTOLD, "write", {"expected": 5}, UNTOLD),
        (UNTOLD, "write", {"expected": 5, "revision": 6}, KeyState(b"v", 6, 6)),
        (ABSENT, "write", {"expected": 5}, ABSENT),
        (ABSENT, "write", {"expected": 5, "revision": 6}, None),
        (ABSENT, "write", {"expected": 0}, None),
        (ABSENT, "delete", {}, ABSENT),
        (LIVE, "delete", {}, None),
        (LIVE, "write", {"expected": EXISTS}, None),
        (ABSENT, "write", {"expected": EXISTS}, ABSENT),
    ],
)
def test_what_was_refused(state: KeyState, kind: str, fields: dict[str, Any], after: KeyState | None) -> None:
    assert step(state, kind, "refused", **fields) == after


def test_what_nobody_knows_is_done_where_it_can_be() -> None:
    assert step(LIVE, "write", "unknown", value=b"w", expected=7) == KeyState(b"w", 0, 7)
    assert step(LIVE, "write", "unknown", value=b"w", expected=6) == LIVE
    assert step(LIVE, "delete", "unknown") == KeyState(None, 0, 7)
    assert KeyModel().show(UNTOLD) == "b'v' at a revision nobody was told"

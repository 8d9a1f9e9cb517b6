"""Seats: own, lent and borrowed."""

from __future__ import annotations

from functools import partial
from typing import Any

from pilothouse.cluster.apiserver.http.flowcontrol.levels import Levels
from pilothouse.cluster.apiserver.http.flowcontrol.queues import Waiting


def limited(name: str, shares: int, **more: Any) -> dict[str, Any]:
    queuing = {"queues": 4, "handSize": 2, "queueLengthLimit": 10}
    part = {"nominalConcurrencyShares": shares, "limitResponse": {"type": "Queue", "queuing": queuing}, **more}
    return {"metadata": {"name": name, "uid": name}, "spec": {"type": "Limited", "limited": part}}


def levels(total: int, *objects: dict[str, Any]) -> Levels:
    found = Levels(total)
    found.configure({obj["metadata"]["name"]: obj for obj in objects})
    return found


def test_seats_follow_shares() -> None:
    found = levels(10, limited("a", 1), limited("b", 3, lendablePercent=50))
    a, b = found.by_name["a"], found.by_name["b"]
    assert (a.seats, a.kept, b.seats, b.kept) == (3, 3, 8, 4)
    exempt = {"metadata": {"name": "e"}, "spec": {"type": "Exempt"}}
    e = levels(1, exempt, limited("a", 1)).by_name["e"]
    assert e.seats == 0 and all(e.enter(5) for _ in range(10)) and e.in_use == 50


def test_a_level_borrows_what_others_lend_and_do_not_use() -> None:
    found = levels(8, limited("a", 1), limited("b", 1, lendablePercent=50))
    a, b = found.by_name["a"], found.by_name["b"]
    assert [a.enter(1) for _ in range(7)] == [True] * 6 + [False]
    assert [b.enter(1) for _ in range(5)] == [True] * 4 + [False]
    assert found.free_for(a) == 4


def test_borrowing_has_a_limit() -> None:
    found = levels(8, limited("a", 1, borrowingLimitPercent=25), limited("b", 1, lendablePercent=100))
    a = found.by_name["a"]
    assert a.borrowable == 1 and [a.enter(1) for _ in range(6)] == [True] * 5 + [False]


def test_who_waits_begins_when_seats_are_free_again() -> None:
    found = levels(2, limited("a", 1))
    a, begun = found.by_name["a"], list[str]()
    assert a.enter(2) and not a.enter(1)
    for flow in ("x", "y"):
        assert a.add(Waiting("s", flow, 1, 0.0, partial(begun.append, flow)))
    assert begun == [] and found.waiting == 2 and not a.enter(1)
    a.leave(2)
    assert sorted(begun) == ["x", "y"] and a.in_use == 2 and found.waiting == 0


def test_a_request_wider_than_its_level_runs_alone() -> None:
    a = levels(2, limited("a", 1)).by_name["a"]
    assert a.enter(5) and not a.enter(1)


def test_a_level_that_is_gone_lets_go_who_waits() -> None:
    found = levels(1, limited("a", 1))
    a, begun = found.by_name["a"], list[str]()
    assert a.enter(1)
    a.add(Waiting("s", "x", 1, 0.0, partial(begun.append, "x")))
    found.configure({"b": limited("b", 1)})
    assert begun == ["x"] and set(found.by_name) == {"b"}

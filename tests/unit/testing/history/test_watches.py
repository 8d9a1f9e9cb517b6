"""A watch that was told exactly what it asked for passes; each promise that is broken is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pilothouse.testing.history import Commit, WatchRecord, check_watch
from pilothouse.testing.history.watches import Seen, matching_events

LOG = [
    Commit(1, "/p/a", b"1"), Commit(2, "/p/b", b"1"), Commit(3, "/q/c", b"1"), Commit(4, "/p/a", b"2"), Commit(5, "/p/b", None),
    Commit(6, "/p/d", b"1"), Commit(6, "/p/e", b"1"), Commit(7, "/q/c", None), Commit(8, "/p/a", None), Commit(9, "/p/a", b"3"),
]  # fmt: skip
EVENTS = matching_events(LOG, lambda key, value: key.startswith("/p/"))


def told(*revisions: int) -> list[Seen]:
    return [event for event in EVENTS if event.revision in revisions]


def broken(watch: WatchRecord, until: int = 0) -> list[str]:
    return [violation.guarantee for violation in check_watch(LOG, watch, prefix="/p/", until=until)]


def good() -> WatchRecord:
    watch = WatchRecord()
    watch.opened(1)
    watch.events(*told(2, 4), durable=4)
    watch.bookmark(4)
    watch.events(*told(5, 6))
    watch.opened(watch.position)
    watch.bookmark(7)
    watch.events(*told(8))
    watch.opened(8)
    watch.events(*told(9))
    return watch


def test_behind_an_expired_revision_the_client_reads_anew() -> None:
    watch = WatchRecord()
    watch.opened(1)
    watch.events(*told(2))
    watch.expired(2, compacted=4)
    watch.opened(8)
    watch.events(*told(9))
    assert broken(watch, until=9) == []
    watch.answers.pop(2)
    assert broken(watch, until=9) == ["resumable"]


def test_a_watch_that_is_right() -> None:
    watch = good()
    assert check_watch(LOG, watch, prefix="/p/", until=9) == []
    assert watch.position == 9


Break = Callable[[WatchRecord], None]


@pytest.mark.parametrize(
    ("guarantee", "spoil"),
    [
        ("complete", lambda watch: watch.events(*told(2, 5))),
        ("complete", lambda watch: watch.events(*told(4))),
        ("unique", lambda watch: (watch.events(*told(2, 4)), watch.events(*told(4)))),
        ("ordered", lambda watch: (watch.events(*told(2, 4, 5)), watch.events(*told(4)))),
        ("ordered", lambda watch: (watch.bookmark(1), watch.events(*told(2, 4)), watch.bookmark(2))),
        ("atomic", lambda watch: (watch.events(*told(2, 4, 5), told(6)[0]), watch.events(told(6)[1]))),
        ("atomic", lambda watch: watch.events(*told(2, 4, 5), told(6)[1])),
        ("bookmarkable", lambda watch: (watch.events(*told(2)), watch.bookmark(4))),
        ("resumable", lambda watch: (watch.events(*told(2)), watch.opened(2), watch.events(*told(5)))),
        ("start", lambda watch: watch.events(*told(1))),
        ("start", lambda watch: (watch.events(*told(2, 4)), watch.opened(4), watch.events(*told(4)))),
        ("start", lambda watch: (watch.opened(8), watch.events(*told(5)))),
        ("authentic", lambda watch: watch.events(Seen(2, "/p/b", b"9"))),
        ("authentic", lambda watch: watch.events(Seen(2, "/p/b", b"1", "MODIFIED"))),
        ("authentic", lambda watch: watch.events(Seen(3, "/q/c", b"1"))),
        ("durable", lambda watch: watch.events(*told(2, 4), durable=3)),
        ("durable", lambda watch: watch.bookmark(1, durable=0)),
        ("expired", lambda watch: watch.expired(4, compacted=4)),
    ],
)  # fmt: skip
def test_every_broken_promise_is_named(guarantee: str, spoil: Break) -> None:
    watch = WatchRecord()
    watch.opened(1)
    spoil(watch)
    assert guarantee in broken(watch)


def test_it_had_to_come_to_the_end() -> None:
    watch = WatchRecord("informer")
    watch.opened(1)
    watch.events(*told(2))
    assert broken(watch) == []
    (violation,) = check_watch(LOG, watch, prefix="/p/", until=9)
    assert str(violation) == (
        "complete: informer: was not told revision 4 of /p/a and 5 more, and should have come to revision 9"
    )


def test_every_single_fault_in_a_right_record_is_found() -> None:
    answers = good().answers
    for place, answer in enumerate(answers):
        for number in range(len(answer.events)):
            for events in (answer.events[:number] + answer.events[number + 1 :], (*answer.events, answer.events[number])):
                watch = WatchRecord()
                watch.answers = list(answers)
                watch.answers[place] = type(answer)(answer.kind, answer.revision, events, answer.limit)
                assert broken(watch, until=9), (place, number)


def test_an_object_that_stops_to_match_is_deleted_for_that_watcher() -> None:
    log = [Commit(1, "a", b"red"), Commit(2, "a", b"blue"), Commit(3, "a", b"blue"), Commit(4, "a", b"red"), Commit(5, "a", None)]
    events = matching_events(log, lambda key, value: value == b"red")
    assert [(event.revision, event.type) for event in events] == [(1, "ADDED"), (2, "DELETED"), (4, "ADDED"), (5, "DELETED")]
    watch = WatchRecord()
    watch.opened(0)
    watch.events(*events)
    assert check_watch(log, watch, matches=lambda key, value: value == b"red", until=5) == []

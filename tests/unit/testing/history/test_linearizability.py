"""Good histories pass; each way to break one is found."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pilothouse.testing.history import Operation, Recorder, Undecided, check_linearizable
from tests.score.figures import note_rate
from tests.unit.testing.history.simulation import simulate

History = list[Operation]


@pytest.mark.parametrize("seed", range(60))
def test_a_right_store_is_never_accused(seed: int) -> None:
    assert check_linearizable(simulate(seed)) == []
    assert check_linearizable([replace(operation, revision=0) for operation in simulate(seed, count=60)]) == []


def reads(history: History) -> list[int]:
    """Places of the reads that found something."""
    return [place for place, one in enumerate(history) if one.kind == "read" and one.outcome == "ok" and one.value is not None]


def stale_read(history: History) -> History:
    """The last read of a key finds what its first write wrote, long overwritten."""
    key = history[reads(history)[-1]].key
    writes = [one for one in history if one.key == key and one.kind == "write" and one.outcome == "ok"]
    late = Operation(client="late", key=key, kind="read", called=1e9, returned=1e9 + 1, outcome="ok", value=writes[0].value)
    return [*history, replace(late, revision=writes[0].revision)]


def lost_write(history: History) -> History:
    """An acknowledged write that a later read does not find: the key is as if it had never been."""
    key = history[reads(history)[-1]].key
    write = Operation(
        client="w", key=key, kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"mine", revision=10**6
    )
    read = Operation(client="r", key=key, kind="read", called=1e9 + 2, returned=1e9 + 3, outcome="ok", value=None)
    return [*history, write, read]


def double_effect(history: History) -> History:
    """A write takes effect, is overwritten, and takes effect again."""
    base = Operation(
        client="w", key="/k/0", kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"one", revision=10**6
    )
    second = replace(base, called=1e9 + 2, returned=1e9 + 3, value=b"two", revision=10**6 + 1)
    again = replace(base, client="r", kind="read", called=1e9 + 4, returned=1e9 + 5, value=b"one", revision=10**6 + 2)
    return [*history, base, second, again]


def two_winners(history: History) -> History:
    """Two writes with the same expectation are both done."""
    base = Operation(
        client="w", key="/k/0", kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"one", revision=10**6
    )
    first = replace(base, called=1e9 + 2, returned=1e9 + 9, value=b"two", expected=10**6, revision=10**6 + 1)
    other = replace(first, client="x", value=b"three", revision=10**6 + 2)
    return [*history, base, first, other]


def resurrected_value(history: History) -> History:
    """A deleted key is found again without being created."""
    write = Operation(
        client="w", key="/k/0", kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"one", revision=10**6
    )
    gone = replace(write, kind="delete", value=None, called=1e9 + 2, returned=1e9 + 3, revision=10**6 + 1)
    read = replace(write, client="r", kind="read", called=1e9 + 4, returned=1e9 + 5)
    return [*history, write, gone, read]


def revision_goes_back(history: History) -> History:
    """A later write is told a smaller revision."""
    write = Operation(
        client="w", key="/k/0", kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"one", revision=10**6
    )
    return [*history, write, replace(write, called=1e9 + 2, returned=1e9 + 3, value=b"two", revision=10**6 - 1)]


def refused_for_nothing(history: History) -> History:
    """A write is refused although its condition held."""
    write = Operation(
        client="w", key="/k/0", kind="write", called=1e9, returned=1e9 + 1, outcome="ok", value=b"one", revision=10**6
    )
    refused = replace(write, called=1e9 + 2, returned=1e9 + 3, value=b"two", expected=10**6, outcome="refused", revision=0)
    return [*history, write, refused]


MUTATIONS = (stale_read, lost_write, double_effect, two_winners, resurrected_value, revision_goes_back, refused_for_nothing)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_every_mutation_is_found(mutate: Callable[[History], History], seed: int) -> None:
    history = simulate(seed, count=120, lost=0)  # a lost write could explain some of them
    found = check_linearizable(mutate(history))
    assert [violation.guarantee for violation in found] == ["linearizable"], found
    note_rate("checker_mutations", 1, 1)


@pytest.mark.parametrize("seed", range(40))
def test_a_value_that_was_never_there_is_found_wherever_it_is_read(seed: int) -> None:
    history = simulate(seed)
    place = reads(history)[seed % len(reads(history))]
    history[place] = replace(history[place], value=b"from elsewhere")
    assert len(check_linearizable(history)) == 1


def test_an_answer_that_was_lost_explains_a_value_that_is_read_much_later() -> None:
    recorder = Recorder()
    recorder.call("a", "k", "write", value=b"1")
    for found in (None, None, b"1"):
        recorder.call("b", "k", "read").ok(value=found)
    assert check_linearizable(recorder.operations) == []
    recorder.call("b", "k", "read").ok(value=None)
    (violation,) = check_linearizable(recorder.operations)
    assert "b read nothing" in str(violation) and "b'1'" in str(violation)


def test_keys_are_judged_one_by_one() -> None:
    recorder = Recorder()
    for key in ("a", "b", "c"):
        recorder.call("x", key, "write", value=b"1").ok(revision=5)
        recorder.call("x", key, "read").ok(value=b"1" if key != "b" else b"2", revision=5)
    (violation,) = check_linearizable(recorder.operations)
    assert violation.message.startswith("key b: ")


def test_values_alone_are_enough() -> None:
    recorder = Recorder()
    recorder.call("a", "k", "write", value="1").ok()
    recorder.call("a", "k", "write", value="2", expected_value="1").ok()
    recorder.call("a", "k", "write", value="3", expected_value="1").refused()
    recorder.call("a", "k", "read").ok(value="2")
    assert check_linearizable(recorder.operations) == []
    recorder.call("a", "k", "write", value="4", expected_value="1").ok()
    assert len(check_linearizable(recorder.operations)) == 1


def test_a_search_that_takes_too_long_is_given_up_in_words() -> None:
    recorder = Recorder()
    calls = [recorder.call(f"c{number}", "k", "write", value=b"%d" % number) for number in range(12)]
    for call in calls:
        call.ok()
    recorder.call("r", "k", "read").ok(value=b"never")
    with pytest.raises(Undecided, match="no order found in"):
        check_linearizable(recorder.operations, max_steps=2_000)


def test_a_thousand_operations_of_eight_clients_take_no_more_than_a_moment() -> None:
    history = simulate(7, count=1_000, keys=1)
    began = time.process_time()
    assert check_linearizable(history) == []
    assert time.process_time() - began < 1.0

"""What a recorder keeps."""

from __future__ import annotations

import math

from pilothouse.testing.history import Recorder


def test_calls_and_answers_are_in_order_and_told_in_words() -> None:
    recorder = Recorder()
    write = recorder.call("a", "k", "write", value=b"x" * 90, expected=4)
    read = recorder.call("b", "k", "read")
    read.ok(value=b"old", revision=4)
    write.ok(revision=5)
    first, second = recorder.operations
    assert (first.called, second.called, second.returned, first.returned) == (1, 2, 3, 4)
    assert (second.value, second.revision, first.revision) == (b"old", 4, 5)
    assert str(second) == "b read b'old' at revision 4 (2 to 3)"
    assert str(first).startswith("a wrote b'xxx") and "..." in str(first) and " if at revision 4 at revision 5" in str(first)


def test_what_never_came_back_is_unknown_and_what_had_no_effect_is_forgotten() -> None:
    recorder = Recorder()
    recorder.call("a", "k", "delete")
    recorder.call("a", "k", "write", value=b"1").failed()
    recorder.call("a", "k", "write", value=b"1", expected=0).refused(7)
    lost, refused = recorder.operations
    assert (lost.outcome, lost.returned) == ("unknown", math.inf)
    assert (refused.outcome, refused.revision) == ("refused", 7)
    assert str(lost) == "a deleted, no answer (1 to inf)"


def test_a_clock_of_ones_own() -> None:
    times = iter((10.5, 11.25))
    recorder = Recorder(times.__next__)
    recorder.call("a", "k", "read").ok()
    assert (recorder.operations[0].called, recorder.operations[0].returned) == (10.5, 11.25)

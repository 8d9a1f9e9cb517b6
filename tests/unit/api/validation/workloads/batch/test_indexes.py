"""Indexes of an Indexed Job as text."""

from __future__ import annotations

import pytest

from pilothouse.api.validation.workloads.batch.indexes import WrongIndexes, count_indexes, overlap


@pytest.mark.parametrize(("text", "count"), [("", 0), ("1", 1), ("0-3,5", 5), ("0-1,3-4", 4)])
def test_indexes_are_counted(text: str, count: int) -> None:
    assert count_indexes(text, 9) == count


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("9", 'too large index: "9"'),
        ("a", 'cannot convert string to integer for index: "a"'),
        ("3-1", "non-increasing order, previous: 3, current: 1"),
        ("3,1", "non-increasing order, previous: 3, current: 1"),
        ("1-2-3", "at most two parts separated by"),
    ],
)
def test_what_lists_no_indexes(text: str, problem: str) -> None:
    with pytest.raises(WrongIndexes, match=problem):
        count_indexes(text, 9)


@pytest.mark.parametrize(
    ("completed", "failed", "first"), [("0-3", "2", 2), ("0,2", "1", None), ("x", "1", None), ("", "1", None)]
)
def test_an_index_is_completed_or_failed(completed: str, failed: str, first: int | None) -> None:
    assert overlap(completed, failed, 9) == first

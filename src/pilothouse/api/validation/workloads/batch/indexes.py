"""Indexes of an Indexed Job as text: `0-3,5,7-9`, in rising order and below the number of completions."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?[0-9]+")


class WrongIndexes(ValueError):
    """A text that lists no indexes of a Job."""


def count_indexes(text: str, completions: int) -> int:
    """Return how many indexes `text` lists; raises WrongIndexes."""
    total, last = 0, -1
    for first, end in intervals(text, completions):
        if last >= first:
            raise WrongIndexes(f"non-increasing order, previous: {last}, current: {first}")
        total += end - first + 1
        last = end
    return total


def intervals(text: str, completions: int) -> list[tuple[int, int]]:
    """Return the intervals of a text; raises WrongIndexes at the first that is none."""
    return [_interval(part, completions) for part in text.split(",")] if text else []


def _interval(text: str, completions: int) -> tuple[int, int]:
    ends = text.split("-")
    if len(ends) > 2:
        detail = "violates the requirement that an index interval can have at most two parts separated by '-'"
        raise WrongIndexes(f'the fragment "{text}" {detail}')
    values = [_index(end, completions) for end in ends]
    if len(values) == 2 and values[0] >= values[1]:
        raise WrongIndexes(f"non-increasing order, previous: {values[0]}, current: {values[1]}")
    return values[0], values[-1]


def _index(text: str, completions: int) -> int:
    if not _NUMBER.fullmatch(text):
        raise WrongIndexes(f'cannot convert string to integer for index: "{text}"')
    if int(text) >= completions:
        raise WrongIndexes(f'too large index: "{text}"')
    return int(text)


def overlap(completed: str, failed: str, completions: int) -> int | None:
    """Return the first index that is both completed and failed; None without one or when a text lists no indexes."""
    try:
        pairs = [
            (max(start, other), min(end, last))
            for start, end in intervals(completed, completions)
            for other, last in intervals(failed, completions)
        ]
    except WrongIndexes:
        return None
    return min((start for start, end in pairs if start <= end), default=None)

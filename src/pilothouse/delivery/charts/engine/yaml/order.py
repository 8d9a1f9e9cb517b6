"""Go's order of map keys in YAML output: letters after everything else, runs of digits by value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key

_SIMPLE = re.compile(r"[A-Za-z./-]*")


def _run(text: str, at: int, start: int) -> tuple[int, int]:
    value = start
    while at < len(text) and text[at].isdigit():
        value = value * 10 + int(text[at])
        at += 1
    return value, at


def _leading(a: str, b: str, at: int) -> int:
    if a[at] == "0" or b[at] == "0":
        back = at - 1
        while back >= 0 and a[back].isdigit():
            if a[back] != "0":
                return 1
            back -= 1
    return 0


def _compare(a: str, b: str) -> int:
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x == y:
            continue
        x_letter, y_letter = x.isalpha(), y.isalpha()
        if x_letter and y_letter:
            return -1 if x < y else 1
        if x_letter or y_letter:
            return -1 if y_letter else 1
        start = _leading(a, b, at)
        a_number, a_end = _run(a, at, start)
        b_number, b_end = _run(b, at, start)
        if a_number != b_number:
            return -1 if a_number < b_number else 1
        if a_end != b_end:
            return -1 if a_end < b_end else 1
        return -1 if x < y else 1
    return len(a) - len(b)


def sorted_keys(keys: Iterable[str]) -> list[str]:
    """Sort keys as Go's YAML library writes them."""
    listed = list(keys)
    if all(map(_SIMPLE.fullmatch, listed)):
        return sorted(listed)
    return sorted(listed, key=cmp_to_key(_compare))

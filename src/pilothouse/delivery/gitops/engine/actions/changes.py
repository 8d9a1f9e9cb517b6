"""What an action changed in an object, as a list of small changes."""

from __future__ import annotations

from typing import Any

Change = tuple[Any, ...]
"""(`add` or `replace`, JSON pointer, value), or (`remove`, JSON pointer)."""


def changes_between(before: Any, after: Any, where: str = "") -> list[Change]:
    """Return the changes that make `after` of `before`."""
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_maps(before, after, where)
    if isinstance(before, list) and isinstance(after, list) and len(after) >= len(before):
        found = [
            change for index, each in enumerate(before) for change in changes_between(each, after[index], f"{where}/{index}")
        ]
        return [*found, *(("add", f"{where}/{index}", after[index]) for index in range(len(before), len(after)))]
    return [] if before == after else [("replace", where, after)]


def _of_maps(before: dict[str, Any], after: dict[str, Any], where: str) -> list[Change]:
    found: list[Change] = []
    for key in sorted({*before, *after}):
        place = f"{where}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in after:
            found.append(("remove", place))
        elif key not in before:
            found.append(("add", place, after[key]))
        else:
            found += changes_between(before[key], after[key], place)
    return found

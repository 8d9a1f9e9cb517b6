"""The order of a merged list: what the patch names comes as the patch orders it, the rest as the server had it.

Where both orders leave a choice, an item of the server stays before a patched one that it stood before.
"""

from __future__ import annotations

from typing import Any


def identity(item: Any, key: str) -> Any:
    """Return what an item is told apart by: the value of its merge key, or itself."""
    return item.get(key) if key and isinstance(item, dict) else item


def ordered(merged: list[Any], order: list[Any], live: list[Any], key: str) -> list[Any]:
    """Return the items of `merged`: those that `order` names ranked by it, the others by their place in `live`."""
    ranks = {_hashable(identity(item, key)): rank for rank, item in reversed(list(enumerate(order)))}
    places = {_hashable(identity(item, key)): place for place, item in reversed(list(enumerate(live)))}
    names = [_hashable(identity(item, key)) for item in merged]
    named = sorted((at for at, name in enumerate(names) if name in ranks), key=lambda at: ranks[names[at]])
    others = sorted((at for at, name in enumerate(names) if name not in ranks), key=lambda at: places.get(names[at], len(live)))
    result: list[Any] = []
    while named and others:
        left, right = places.get(names[others[0]]), places.get(names[named[0]])
        is_other_first = left is not None and right is not None and left < right
        result.append(merged[others.pop(0) if is_other_first else named.pop(0)])
    return result + [merged[at] for at in (*named, *others)]


def check_order(patch: list[Any], order: list[Any], key: str) -> str:
    """Return what is wrong when the items of a patch do not come in the order stated; empty when they do."""
    if not order or not patch:
        return ""
    left = [item for item in patch if not (key and isinstance(item, dict) and item.get("$patch") == "delete")]
    for stated in order:
        while left and isinstance(left[0], dict) and "$patch" in left[0]:
            left.pop(0)
        if left and identity(left[0], key) == identity(stated, key):
            left.pop(0)
    if not left:
        return ""
    return f"The order in patch list:\n{_shown(patch)}\n doesn't match $setElementOrder list:\n{_shown(order)}\n"


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_shown(value[key])}" for key in sorted(value)) + "]"
    return "[" + " ".join(map(_shown, value)) + "]" if isinstance(value, list) else str(value)

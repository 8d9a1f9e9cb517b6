"""Hides the values of Secrets before they are shown: equal values look equal, different ones different."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.diff.normal import LAST_APPLIED, normal_secret

MASK = "++++++++"
_FURTHER = "++++"


class Hidden(msgspec.Struct, frozen=True):
    """Both sides without their values."""

    config: Tree | None
    live: Tree | None


class _Masks:
    """The replacement of each value of each key: as many signs as there were values before it."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def of(self, key: str, value: Any) -> str:
        known = self._known.setdefault(key, {})
        text = json.dumps(value, sort_keys=True, default=str)
        return known.setdefault(text, MASK + _FURTHER * len(known))


def hide_secret_data(config: Tree | None, live: Tree | None, annotations: tuple[str, ...] = ()) -> Hidden:
    """Return both sides of a Secret with data and the named annotations hidden, in the last-applied configuration too."""
    sides = [None if tree is None else normal_secret(copy.deepcopy(tree)) for tree in (config, live)]
    masks, marks = _Masks(), _Masks()
    applied = [_applied(tree) for tree in sides]
    parts = [tree for tree in (*sides, *reversed(applied)) if isinstance(tree, dict)]
    for tree in parts:
        _mask(tree, "data", masks)
    for tree in parts:
        notes = metadata(tree).get("annotations") or {}
        for key in annotations:
            if key in notes and key != LAST_APPLIED:
                notes[key] = marks.of(key, notes[key])
    for side, inner in zip(sides, applied, strict=True):
        if side is not None:
            _write_back(side, inner, is_hidden=LAST_APPLIED in annotations, marks=marks)
    return Hidden(*sides)


def _mask(tree: Tree, part: str, masks: _Masks) -> None:
    values = tree.get(part)
    if isinstance(values, dict):
        tree[part] = {key: masks.of(key, value) for key, value in values.items()}


def _applied(tree: Tree | None) -> Any:
    """Return the last-applied configuration, None without one, the mask when it cannot be read."""
    text = ((tree or {}).get("metadata") or {}).get("annotations", {}) or {}
    if LAST_APPLIED not in text:
        return None
    try:
        found = json.loads(text[LAST_APPLIED])
    except (ValueError, TypeError):
        return MASK
    return normal_secret({"kind": "Secret", "apiVersion": "v1", **found}) if isinstance(found, dict) else MASK


def _write_back(tree: Tree, inner: Any, *, is_hidden: bool, marks: _Masks) -> None:
    if inner is None:
        return
    notes = metadata(tree)["annotations"]
    text = inner if isinstance(inner, str) else json.dumps(inner, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    notes[LAST_APPLIED] = marks.of(LAST_APPLIED, notes[LAST_APPLIED]) if is_hidden else text

"""Fields that trusted managers own are not compared: an autoscaler may set replicas, an injector a CA bundle."""

from __future__ import annotations

import copy
import json
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.diff.server import fields_of

_ABSENT: Any = object()


def without_trusted(live: Tree | None, config: Tree | None, managers: list[str]) -> tuple[Tree | None, Tree | None]:
    """Return both sides without the fields in which they differ and that a trusted manager owns."""
    if live is None or config is None or not managers:
        return live, config
    paths = [path for manager in managers for path in fields_of(live, manager).paths()]
    if not paths:
        return live, config
    left, right = copy.deepcopy(live), copy.deepcopy(config)
    for path in sorted(paths, key=len, reverse=True):
        there, wanted = _find(left, path), _find(right, path)
        if isinstance(there, dict | list) and isinstance(wanted, dict | list) and _has_children(path, paths):
            continue
        if there != wanted:
            _drop(left, path)
            _drop(right, path)
    return left, right


def _has_children(path: tuple[str, ...], paths: list[tuple[str, ...]]) -> bool:
    return any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _step(value: Any, element: str) -> Any:
    """Return the key or place that an element of a field path names, `_ABSENT` where there is none."""
    if element.startswith("f:"):
        return element[2:] if isinstance(value, dict) and element[2:] in value else _ABSENT
    if not isinstance(value, list):
        return _ABSENT
    wanted = json.loads(element[2:])
    for place, item in enumerate(value):
        if element.startswith("k:"):
            is_it = isinstance(item, dict) and all(item.get(key, each) == each for key, each in wanted.items())
        else:
            is_it = element.startswith("v:") and item == wanted
        if is_it:
            return place
    return wanted if element.startswith("i:") and wanted < len(value) else _ABSENT


def _find(value: Any, path: tuple[str, ...]) -> Any:
    for element in path:
        at = _step(value, element)
        if at is _ABSENT:
            return _ABSENT
        value = value[at]
    return value


def _drop(value: Any, path: tuple[str, ...]) -> None:
    holder = _find(value, path[:-1])
    at = _ABSENT if holder is _ABSENT else _step(holder, path[-1])
    if at is not _ABSENT:
        del holder[at]

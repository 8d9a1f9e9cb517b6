"""The line of every key in a values file.

Called by `origins`. A second look at a text that was read before: what cannot be read here simply has no lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml import events as ev
from yaml._yaml import CParser

from pilothouse.delivery.charts.engine.analysis.paths import Path

_MAX_DEPTH = 200
_MAX_KEYS = 200_000


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of each key and list item, by its path; items have their number as name."""
    found: dict[Path, int] = {}
    parser: Any = CParser(text)
    try:
        events = iter(parser.get_event, None)
        for event in events:
            if isinstance(event, ev.DocumentStartEvent):
                _node(next(events), events, (), found)
            elif isinstance(event, ev.StreamEndEvent):
                break
    except (yaml.YAMLError, ValueError, StopIteration, RecursionError):
        return found
    return found


def _node(event: Any, events: Iterator[Any], path: Path, found: dict[Path, int]) -> None:
    if isinstance(event, ev.MappingStartEvent):
        while not isinstance(key := next(events), ev.MappingEndEvent):
            name = key.value if isinstance(key, ev.ScalarEvent) else "?"
            if not isinstance(key, ev.ScalarEvent):
                _node(key, events, (*path, name), {})
            here = _child(path, name)
            if len(found) < _MAX_KEYS:
                found.setdefault(here, key.start_mark.line + 1)
            _node(next(events), events, here, found)
    elif isinstance(event, ev.SequenceStartEvent):
        number = 0
        while not isinstance(item := next(events), ev.SequenceEndEvent):
            here = _child(path, str(number))
            if len(found) < _MAX_KEYS:
                found.setdefault(here, item.start_mark.line + 1)
            _node(item, events, here, found)
            number += 1


def _child(path: Path, name: str) -> Path:
    return (*path, name) if len(path) < _MAX_DEPTH else path

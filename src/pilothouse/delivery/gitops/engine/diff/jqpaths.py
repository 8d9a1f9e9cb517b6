"""jq expressions that are plain paths, such as `.spec.template.spec.containers[].image`: no jq is needed for them."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"""\.?\[\s*(?:"((?:[^"\\])*)"|(-?\d+)|)\s*\]|\.([A-Za-z_][A-Za-z0-9_]*)|\."((?:[^"\\])*)\"""")
Steps = list[str | int | None]
"""Keys, places, and None for every item."""


def plain_path(expression: str) -> Steps | None:
    """Return the steps of a plain path, None for every other expression."""
    text = expression.strip()
    steps: Steps = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            return None
        quoted, place, name, quoted_name = found.groups()
        key = next((part for part in (quoted, name, quoted_name) if part is not None), None)
        steps.append(key if key is not None else int(place) if place is not None else None)
        at = found.end()
    return steps or None


def delete_path(value: Any, steps: Steps) -> None:
    """Delete what a path leads to, in place; what is not there is left alone."""
    first, rest = steps[0], steps[1:]
    for at in reversed(_places(value, first)):
        if rest:
            delete_path(value[at], rest)
        else:
            del value[at]


def _places(value: Any, step: str | int | None) -> list[Any]:
    if isinstance(value, dict):
        return list(value) if step is None else [step] if step in value else []
    if not isinstance(value, list):
        return []
    if step is None:
        return list(range(len(value)))
    return [step % len(value)] if isinstance(step, int) and -len(value) <= step < len(value) else []

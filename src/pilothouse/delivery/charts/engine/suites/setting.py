"""The keys of `set` in suites: `image.tag`, `list[0].name`, `["a.b"].c`, to the values they stand for."""

from __future__ import annotations

import re
from typing import Any

MAX_INDEX = 65536
_STEP = re.compile(r"""(?:^|\.)([^.\[\],{}=]+)|\.?\[(?:(\d+)|["']?([^\]"']+)["']?)\]""")


class SetInvalid(ValueError):
    """A key of `set` cannot be understood."""


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the values in which `path` is `value`; raises SetInvalid."""
    steps = _steps(path)
    if not steps or not isinstance(steps[0], str):
        raise SetInvalid(f"set: {path!r} is not the path of a value")
    for step in reversed(steps):
        value = {step: value} if isinstance(step, str) else [*([None] * step), value]
    out: dict[str, Any] = value
    return out


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise SetInvalid(f"set: {path!r} is not understood from character {at + 1} on")
        name, index, quoted = match.groups()
        if index is not None:
            if len(index) > 6 or int(index) > MAX_INDEX:
                raise SetInvalid(f"set: index {index[:12]} in {path[:80]!r} is over {MAX_INDEX}")
            steps.append(int(index))
        else:
            steps.append(name if name is not None else quoted)
        at = match.end()
    return steps

"""The part of JSONPath that printer columns use: `.spec.replicas`, `.items[0]`, `.conditions[?(@.type=="Ready")].status`."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(
    r"\.(?P<name>(?:[\w/-]|\\\.)+)|\[(?P<index>-?\d+)\]|\[(?P<star>\*)\]|\.(?P<dotstar>\*)|\[['\"](?P<quoted>[^'\"]+)['\"]\]"
    r"|\[\?\(@\.(?P<field>[\w.\\-]+)\s*(?P<op>==|!=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[\w.-]+)\)\]"
)
MAX_STEPS = 50


def find(path: str, value: Any) -> list[Any]:
    """Return the values at `path`; none when the path does not lead anywhere or is not understood."""
    found, position, steps = [value], 0, 0
    while position < len(path):
        match = _STEP.match(path, position)
        steps += 1
        if match is None or steps > MAX_STEPS:
            return []
        found = [below for item in found for below in _step(match, item)]
        position = match.end()
    return [item for item in found if item is not None]


def _step(match: re.Match[str], value: Any) -> list[Any]:
    name = match["name"] or match["quoted"]
    if name is not None:
        return [value[name.replace("\\.", ".")]] if isinstance(value, dict) and name.replace("\\.", ".") in value else []
    if match["star"] or match["dotstar"]:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if match["index"] is not None:
        index = int(match["index"])
        return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []
    return _filtered(match, value)


def _filtered(match: re.Match[str], value: Any) -> list[Any]:
    wanted = match["value"].strip("\"'")
    out = []
    for item in value if isinstance(value, list) else ():
        current: Any = item
        for part in match["field"].split("."):
            current = current.get(part) if isinstance(current, dict) else None
        same = str(current).lower() == wanted.lower() if isinstance(current, bool) else str(current) == wanted
        if same is (match["op"] == "=="):
            out.append(item)
    return out

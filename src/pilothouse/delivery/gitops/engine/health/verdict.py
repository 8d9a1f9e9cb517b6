"""Verdicts on health, and what a group of them amounts to.

Everything that judges an object (probes, Lua, the rule table, the built-in rules) answers with a `Health`, which says who judged.
"""

from __future__ import annotations

import msgspec

HEALTHY, PROGRESSING, DEGRADED = "Healthy", "Progressing", "Degraded"
SUSPENDED, MISSING, UNKNOWN = "Suspended", "Missing", "Unknown"
STATUSES = frozenset({HEALTHY, PROGRESSING, DEGRADED, SUSPENDED, MISSING, UNKNOWN})
BUILT_IN, RULES, LUA, PROBE = "built-in", "rules", "lua", "probe"
_DECIDES = (DEGRADED, UNKNOWN, MISSING, PROGRESSING, SUSPENDED)


class Health(msgspec.Struct, frozen=True):
    """A verdict."""

    status: str
    message: str = ""
    source: str = BUILT_IN
    """Who judged: probe, lua, rules or built-in."""
    warning: str = ""
    """What went wrong on the way to this verdict, for instance a script that failed."""


def worst(statuses: list[str]) -> str:
    """Return the status that decides for a group; Healthy for an empty one."""
    return next((status for status in _DECIDES if status in statuses), HEALTHY)

"""The rule table of custom resources: group and kind -> rule.

Each module below has the rows of one area of the ecosystem; it is imported with the first object of one of its groups. An exact
entry wins over a wildcard (`_` for any text), and wildcards are tried in sorted order.
"""

from __future__ import annotations

import functools
import importlib

from pilothouse.delivery.gitops.engine.health.rules.language import Rule
from pilothouse.delivery.gitops.engine.health.rules.places import AREAS, WILDCARDS

_MODULES = "pilothouse.delivery.gitops.engine.health.rules.areas."


@functools.cache
def table(area: str) -> dict[str, Rule]:
    """Return the rules of an area by `group/Kind`."""
    found: dict[str, Rule] = importlib.import_module(_MODULES + area).RULES
    return found


@functools.lru_cache(maxsize=4096)
def custom_rule(group: str, kind: str) -> Rule | None:
    """Return the rule of a kind, None when there is none."""
    area = AREAS.get(group)
    if area is not None:
        rule = table(area).get(f"{group}/{kind}")
        if rule is not None:
            return rule
    for pattern, area in WILDCARDS:
        wanted = pattern.removesuffix("/_")
        if group == wanted or (wanted.startswith("_.") and group.endswith(wanted[1:])):
            return table(area)[pattern]
    return None


def covered() -> list[str]:
    """Return `group/Kind` of everything in the table, wildcards included."""
    areas = {*AREAS.values(), *(area for _, area in WILDCARDS)}
    return sorted(name for area in areas for name in table(area))

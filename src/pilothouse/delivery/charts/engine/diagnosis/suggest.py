"""Did you mean: the known name that is nearest to an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MAX_NAMES = 5000


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like `name`, empty when none is."""
    names = list(known)[:_MAX_NAMES]
    lowered = {candidate.lower(): candidate for candidate in names}
    if name.lower() in lowered:
        return lowered[name.lower()]
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return found[0] if found else ""

"""The function library of templates: Go's builtins, sprig and Helm's own, as one table of typed functions.

`standard_functions` builds the table. It is a pure function of the time and the source of randomness that are passed in;
functions that need the template set (include, tpl) are added by `engine.render`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.engine.functions import (
    builtins,
    dates,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    reflection,
    regex,
    semver,
    strings,
)
from pilothouse.delivery.charts.engine.functions.markup import TABLE as MARKUP
from pilothouse.delivery.charts.engine.functions.security import certificates, crypto
from pilothouse.delivery.charts.engine.functions.security.costs import Costs
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, signature

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy

_STATIC = (builtins, strings, lists, dicts, numbers, reflection, encoding, regex, semver, paths)


def go_functions() -> dict[str, GoFunction]:
    """Return only what Go's text/template provides."""
    return {name: signature(name, text, call) for name, text, call in builtins.TABLE}


@cache
def _static_functions() -> Mapping[str, GoFunction]:
    """Return the functions that depend on their arguments only."""
    rows = itertools.chain(*(module.TABLE for module in _STATIC), MARKUP)
    return MappingProxyType({name: signature(name, text, call) for name, text, call in rows})


_HOST = frozenset(("include", "tpl", "required", "fail", "lookup", "getHostByName"))


def is_repeatable(name: str) -> bool:
    """Say whether a function gives the same for the same arguments: it draws nothing and does not ask for the time."""
    return name in _static_functions() or name in _HOST


def standard_functions(now_s: float, entropy: Entropy, asked: set[str] | None = None) -> dict[str, GoFunction]:
    """Return the functions of a Helm template at time `now_s` (seconds since 1970).

    Those that draw random values or ask for the time leave their names in `asked` when they are called.
    """
    table, asked = dict(_static_functions()), set() if asked is None else asked
    costs = Costs()
    for name, text, call in (
        *dates.table(now_s),
        *crypto.table(entropy, costs),
        *certificates.table(now_s, entropy, costs),
    ):
        table[name] = signature(name, text, _noted(name, call, asked))
    return table


def _noted(name: str, call: Callable[..., Any], asked: set[str]) -> Callable[..., Any]:
    def noted(*args: Any) -> Any:
        asked.add(name)
        return call(*args)

    return noted

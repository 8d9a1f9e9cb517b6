"""Actions on live resources: what a kind offers, and what an action makes of an object.

`rows` has the kinds, `language` what a row is made of; `effects` are actions that no row can express. Pure: the time is given,
and an action returns changed or new objects that somebody else writes. `adapters` may offer Lua actions of argocd-cm instead.
"""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.actions.changes import Change, changes_between
from pilothouse.delivery.gitops.engine.actions.language import ActionFailed, Now, Offer, Outcome, Parameter, Row
from pilothouse.delivery.gitops.engine.actions.rows import ROWS
from pilothouse.delivery.gitops.engine.health import kind_of

__all__ = ["ActionFailed", "Change", "Now", "Offer", "Outcome", "Parameter", "changes_between", "offered", "perform"]


def offered(tree: Tree) -> list[Offer]:
    """Return the actions an object offers now, those that are disabled included."""
    return [row.offer(tree) for row in _rows(tree) if row.is_offered(tree)]


def perform(tree: Tree, name: str, params: dict[str, str], now: Now) -> list[Outcome]:
    """Return what action `name` does to the object; raises `ActionFailed`."""
    for row in _rows(tree):
        if row.name == name:
            return row.run(tree, params, now)
    group, _, kind = kind_of(tree)
    raise ActionFailed(f"{group}/{kind} has no action {name!r}")


def _rows(tree: Tree) -> tuple[Row, ...]:
    group, _, kind = kind_of(tree)
    return ROWS.get(f"{group}/{kind}", ())

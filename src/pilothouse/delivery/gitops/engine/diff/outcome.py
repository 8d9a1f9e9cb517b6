"""The outcome of a comparison."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pilothouse.api.meta import Tree

Normalizer = Callable[[Tree], Tree]


class Diff(msgspec.Struct, frozen=True):
    """What would be there after a sync, and what is there."""

    is_modified: bool
    predicted: Tree | None
    live: Tree | None


def unchanged(tree: Tree) -> Tree:
    """Leave an object as it is: the normalizer of a comparison without rules."""
    return tree

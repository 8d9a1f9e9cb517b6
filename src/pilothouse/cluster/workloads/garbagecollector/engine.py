"""What to do with one object, given the state of its owners."""

from __future__ import annotations

from typing import Literal

import msgspec

from pilothouse.cluster.workloads.garbagecollector.graph import Graph, Node

OwnerState = Literal["solid", "absent", "waiting"]


class Verdict(msgspec.Struct, frozen=True):
    """What to do."""

    action: Literal["keep", "delete", "unlink"]
    propagation: str = ""
    unlink: tuple[str, ...] = ()
    """Uids of owner references to remove."""


def judge(node: Node, owners: dict[str, OwnerState], graph: Graph) -> Verdict:
    """Decide for `node` with the state of each owner by uid."""
    if not node.owners or node.is_deleting:
        return Verdict("keep")
    gone = tuple(uid for uid, state in owners.items() if state != "solid")
    if not gone:
        return Verdict("keep")
    if len(gone) < len(owners):
        return Verdict("unlink", unlink=gone)
    if "waiting" in owners.values() and graph.dependents(node.uid):
        return Verdict("delete", "Foreground")
    if node.is_orphaning:
        return Verdict("delete", "Orphan")
    return Verdict("delete", "Foreground" if node.is_waiting else "Background")

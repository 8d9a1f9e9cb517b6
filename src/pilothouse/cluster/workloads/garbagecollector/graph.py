"""The ownership graph: every known object by uid, and who depends on whom. Pure bookkeeping."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import ObjectKey, Tree, is_deleting, key_of, metadata, uid_of
from pilothouse.sdk.kinds import Kind

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Owner(msgspec.Struct, frozen=True, gc=False):
    """One owner reference."""

    api_version: str
    kind: str
    name: str
    uid: str
    blocks: bool


class Node(msgspec.Struct, frozen=True, gc=False):
    """One object."""

    uid: str
    kind: Kind
    key: ObjectKey
    owners: tuple[Owner, ...]
    is_deleting: bool
    finalizers: tuple[str, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether it is deleted in the foreground: its dependents go first."""
        return self.is_deleting and FOREGROUND in self.finalizers

    @property
    def is_orphaning(self) -> bool:
        """Whether its dependents are to be kept."""
        return self.is_deleting and ORPHAN in self.finalizers


def node_of(kind: Kind, tree: Tree) -> Node:
    """Return the node of an object."""
    meta = metadata(tree)
    owners = tuple(
        Owner(str(r.get("apiVersion", "")), str(r.get("kind", "")), str(r.get("name", "")), str(r.get("uid", "")),
              bool(r.get("blockOwnerDeletion")))
        for r in meta.get("ownerReferences") or ()
    )  # fmt: skip
    return Node(uid_of(tree), kind, key_of(tree), owners, is_deleting(tree), tuple(meta.get("finalizers") or ()))


class Graph:
    """All nodes, and the dependents of each uid."""

    def __init__(self) -> None:
        """Begin empty."""
        self.nodes: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = {}

    def put(self, node: Node) -> list[str]:
        """Add or update an object; returns the uids of owners that it no longer blocks."""
        previous = self.nodes.get(node.uid)
        if previous is not None and previous.owners != node.owners:
            self._unlink(previous)
        self.nodes[node.uid] = node
        for owner in node.owners:
            self._dependents.setdefault(owner.uid, set()).add(node.uid)
        blocked = {owner.uid for owner in node.owners if owner.blocks}
        return [owner.uid for owner in (previous.owners if previous else ()) if owner.blocks and owner.uid not in blocked]

    def remove(self, uid: str) -> list[Node]:
        """Drop an object and return its dependents."""
        node = self.nodes.pop(uid, None)
        if node is not None:
            self._unlink(node)
        return self.dependents(uid)

    def _unlink(self, node: Node) -> None:
        for owner in node.owners:
            found = self._dependents.get(owner.uid)
            if found is not None:
                found.discard(node.uid)
                if not found:
                    del self._dependents[owner.uid]

    def dependents(self, uid: str) -> list[Node]:
        """Return the objects that name `uid` as an owner."""
        return [self.nodes[found] for found in sorted(self._dependents.get(uid, ())) if found in self.nodes]

    def blocking(self, uid: str) -> list[Node]:
        """Return the dependents that must be gone before the owner may go."""
        return [node for node in self.dependents(uid) if any(owner.uid == uid and owner.blocks for owner in node.owners)]

"""Whether a live object is what Git wants, from the answer of a server-side dry run."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, metadata

_VOLATILE = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink")


def normalized(tree: Tree) -> Tree:
    """Return an object without what the server counts and what others report."""
    meta = {key: value for key, value in metadata(tree).items() if key not in _VOLATILE}
    return {**{key: value for key, value in tree.items() if key != "status"}, "metadata": meta}


def is_synced(live: Tree, predicted: Tree) -> bool:
    """Whether applying would change nothing."""
    return normalized(live) == normalized(predicted)


class Compared(msgspec.Struct, frozen=True):
    """One resource as it stands in the Application's status."""

    id: str
    status: str
    """Synced or OutOfSync."""
    health: str
    message: str
    tree: Tree
    """The wanted object, or the live one that is no longer wanted."""
    requires_pruning: bool = False
    is_hook: bool = False
    wave: int = 0


def resource_status(compared: Compared) -> Tree:
    """Return the entry of status.resources."""
    tree = compared.tree
    group, _, version = str(tree["apiVersion"]).rpartition("/")
    entry: Tree = {"version": version, "kind": tree["kind"], "name": metadata(tree)["name"], "status": compared.status}
    if group:
        entry["group"] = group
    if metadata(tree).get("namespace"):
        entry["namespace"] = metadata(tree)["namespace"]
    if compared.health:
        entry["health"] = {"status": compared.health, **({"message": compared.message} if compared.message else {})}
    if compared.requires_pruning:
        entry["requiresPruning"] = True
    if compared.wave:
        entry["syncWave"] = compared.wave
    return entry

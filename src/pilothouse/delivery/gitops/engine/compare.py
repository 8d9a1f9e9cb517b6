"""One resource of an Application as its status shows it."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, metadata


class Compared(msgspec.Struct, frozen=True):
    """One resource as it stands."""

    id: str
    status: str
    """Synced or OutOfSync."""
    health: str
    message: str
    tree: Tree
    """The wanted object, or the live one that is no longer wanted."""
    requires_pruning: bool = False
    wave: int = 0
    confirms: bool = False
    """Whether somebody has to confirm its removal."""
    ignores_health: bool = False
    images: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    source: str = ""
    """Who judged the health: probe, lua, rules or built-in."""
    warning: str = ""
    """What went wrong when it was judged."""


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
        told = {"message": compared.message, "source": compared.source, "warning": compared.warning}
        entry["health"] = {"status": compared.health, **{key: text for key, text in told.items() if text}}
    if compared.requires_pruning:
        entry["requiresPruning"] = True
    if compared.confirms:
        entry["requiresDeletionConfirmation"] = True
    if compared.wave:
        entry["syncWave"] = compared.wave
    return entry

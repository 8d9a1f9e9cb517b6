"""Metadata of objects: names, owners, conditions, read without copying.

Objects are plain trees (dicts) at this level; these functions are the one place that knows where things stand in them.
"""

from __future__ import annotations

from typing import Any

import msgspec

Tree = dict[str, Any]


class ObjectKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """Namespace and name; the namespace is empty for cluster-scoped objects."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def metadata(tree: Tree) -> Tree:
    """Return the metadata of an object, empty when it has none."""
    found: Tree = tree.get("metadata") or {}
    return found


def name_of(tree: Tree) -> str:
    """Return metadata.name."""
    return str(metadata(tree).get("name", ""))


def namespace_of(tree: Tree) -> str:
    """Return metadata.namespace, empty for cluster-scoped objects."""
    return str(metadata(tree).get("namespace", "") or "")


def uid_of(tree: Tree) -> str:
    """Return metadata.uid."""
    return str(metadata(tree).get("uid", ""))


def key_of(tree: Tree) -> ObjectKey:
    """Return namespace and name."""
    return ObjectKey(namespace_of(tree), name_of(tree))


def labels_of(tree: Tree) -> dict[str, str]:
    """Return metadata.labels."""
    return metadata(tree).get("labels") or {}


def annotations_of(tree: Tree) -> dict[str, str]:
    """Return metadata.annotations."""
    return metadata(tree).get("annotations") or {}


def generation_of(tree: Tree) -> int:
    """Return metadata.generation, 0 when the kind has none."""
    return int(metadata(tree).get("generation", 0) or 0)


def is_deleting(tree: Tree) -> bool:
    """Whether deletion was asked for."""
    return bool(metadata(tree).get("deletionTimestamp"))


def group_of(api_version: str) -> str:
    """Return the group of an apiVersion, empty for the core group."""
    return api_version.rpartition("/")[0]


def version_of(api_version: str) -> str:
    """Return the version of an apiVersion."""
    return api_version.rpartition("/")[2]


def owner_reference(owner: Tree, *, is_controller: bool = True) -> Tree:
    """Return the ownerReferences entry that names `owner`, blocking its foreground deletion."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": is_controller,
        "blockOwnerDeletion": True,
    }


def controller_of(tree: Tree) -> Tree | None:
    """Return the owner reference that controls the object."""
    for reference in metadata(tree).get("ownerReferences") or ():
        if reference.get("controller"):
            found: Tree = reference
            return found
    return None


def condition_of(tree: Tree, kind: str) -> Tree | None:
    """Return the status condition of type `kind`."""
    for condition in (tree.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind:
            found: Tree = condition
            return found
    return None


def is_condition_true(tree: Tree, kind: str) -> bool:
    """Whether the status condition `kind` is True."""
    condition = condition_of(tree, kind)
    return condition is not None and condition.get("status") == "True"


def with_condition(conditions: list[Tree] | None, new: Tree, now: str) -> list[Tree]:
    """Return the conditions with `new` set; lastTransitionTime moves only when the status changes."""
    result = [dict(condition) for condition in conditions or ()]
    for index, condition in enumerate(result):
        if condition.get("type") == new["type"]:
            is_same = condition.get("status") == new.get("status")
            moment = condition.get("lastTransitionTime", now) if is_same else now
            result[index] = {**new, "lastTransitionTime": moment}
            return result
    return [*result, {**new, "lastTransitionTime": now}]

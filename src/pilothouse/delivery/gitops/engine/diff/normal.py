"""What never counts in a comparison: bookkeeping of the server, status, stringData against data, rules that are aggregated."""

from __future__ import annotations

import base64

from pilothouse.api.meta import Tree, metadata

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_VOLATILE = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink")


def without_bookkeeping(tree: Tree) -> Tree:
    """Return an object without what the server counts and without the last-applied configuration."""
    meta = {key: value for key, value in metadata(tree).items() if key not in _VOLATILE}
    annotations = {key: value for key, value in (meta.get("annotations") or {}).items() if key != LAST_APPLIED}
    meta.pop("annotations", None)
    if annotations:
        meta["annotations"] = annotations
    if not meta.get("labels"):
        meta.pop("labels", None)
    return {**tree, "metadata": meta}


def compared(tree: Tree, *, with_status: bool = False) -> Tree:
    """Return what of an object is compared."""
    body = without_bookkeeping(tree)
    body["metadata"] = {key: value for key, value in body["metadata"].items() if key != "namespace"}
    if not with_status:
        body.pop("status", None)
    return body


def without_namespace(tree: Tree) -> Tree:
    """Return an object without namespace and without an empty map of annotations."""
    meta = {key: value for key, value in metadata(tree).items() if key != "namespace"}
    if not meta.get("annotations"):
        meta.pop("annotations", None)
    return {**tree, "metadata": meta}


def is_secret(tree: Tree) -> bool:
    """Whether an object is a Secret of the core group."""
    return tree.get("kind") == "Secret" and tree.get("apiVersion") == "v1"


def normal_secret(tree: Tree) -> Tree:
    """Return a Secret with stringData moved to data, as the server stores it."""
    if not is_secret(tree) or not ("stringData" in tree or None in (tree.get("data") or {}).values()):
        return tree
    data = {key: "" if value is None else value for key, value in (tree.get("data") or {}).items()}
    for key, value in (tree.get("stringData") or {}).items():
        data[key] = base64.b64encode(("" if value is None else str(value)).encode()).decode()
    body = {key: value for key, value in tree.items() if key != "stringData"}
    return {**body, "data": data} if data or "data" in tree else body


def without_aggregated_rules(tree: Tree) -> Tree:
    """Return a ClusterRole without the rules that the control plane fills in."""
    if tree.get("kind") != "ClusterRole" or not tree.get("aggregationRule"):
        return tree
    return {key: value for key, value in tree.items() if key != "rules"}

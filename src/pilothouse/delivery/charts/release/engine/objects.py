"""The objects of a manifest: read, stamped with the release that owns them, compared by identity, ordered for removal.

Called by the actions. An object is the tree that is sent to the server; its identity is kind, group, namespace and name. The
YAML reader is imported where it is needed: verbs that only list releases do without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, annotations_of, labels_of, metadata, name_of, namespace_of
from pilothouse.delivery.charts.engine.rendering.documents import INSTALL_ORDER, split_documents
from pilothouse.delivery.charts.release.engine.plainvalues import plain_value
from pilothouse.delivery.charts.release.errors import ReleaseRefused

MANAGED_BY = "app.kubernetes.io/managed-by"
RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
POLICY = "helm.sh/resource-policy"
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)


class Identity(msgspec.Struct, frozen=True, order=True):
    """What makes two objects the same one, whatever the version they are written in."""

    group: str
    kind: str
    namespace: str
    name: str


class Owner(msgspec.Struct, frozen=True):
    """The release objects belong to."""

    name: str
    namespace: str


def read_objects(manifest: str) -> list[Tree]:
    """Return the objects of a manifest, lists taken apart; raises ReleaseRefused for what is none."""
    from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml

    found: list[Tree] = []
    for text in split_documents(manifest):
        source = _SOURCE.search(text)
        where = source.group(1) if source else "the manifest"
        try:
            value = read_yaml(text)
        except YamlError as error:
            raise ReleaseRefused(f"{where} is not YAML: {error}") from None
        if value is None:
            continue
        tree = plain_value(value)
        if not isinstance(tree, dict):
            raise ReleaseRefused(f"{where} does not hold an object")
        is_list = str(tree.get("kind") or "").endswith("List") and isinstance(tree.get("items"), list)
        for item in tree["items"] if is_list else [tree]:
            found.append(_checked(item, where))
    return found


def _checked(tree: Any, where: str) -> Tree:
    if not isinstance(tree, dict) or not isinstance(tree.get("metadata") or {}, dict):
        raise ReleaseRefused(f"{where} does not hold an object")
    for key in ("labels", "annotations"):
        if not isinstance((tree.get("metadata") or {}).get(key) or {}, dict):
            raise ReleaseRefused(f"error validating {where}: metadata.{key} is no map")
    for key in ("apiVersion", "kind"):
        if not isinstance(tree.get(key), str) or not tree[key]:
            raise ReleaseRefused(f"error validating {where}: {key} not set", fix=f"write {key} in the template")
    return tree


def identity_of(tree: Tree) -> Identity:
    """Return the identity of an object."""
    group = str(tree.get("apiVersion") or "").rpartition("/")[0]
    return Identity(group, str(tree.get("kind") or ""), namespace_of(tree), name_of(tree))


def owned(tree: Tree, owner: Owner) -> Tree:
    """Return the object with the marks of the release that owns it."""
    meta = dict(metadata(tree))
    meta["labels"] = {**(meta.get("labels") or {}), MANAGED_BY: "Helm"}
    marks = {RELEASE_NAME: owner.name, RELEASE_NAMESPACE: owner.namespace}
    meta["annotations"] = {**(meta.get("annotations") or {}), **marks}
    return {**tree, "metadata": meta}


def shown(tree: Tree) -> str:
    """Return how messages name an object."""
    return f'{tree.get("kind")} "{name_of(tree)}" in namespace "{namespace_of(tree)}"'


def ownership_problem(live: Tree, owner: Owner) -> str:
    """Return why a live object does not belong to a release, empty when it does."""
    labels, annotations = labels_of(live), annotations_of(live)
    checks = (
        ("label", labels, MANAGED_BY, "Helm"),
        ("annotation", annotations, RELEASE_NAME, owner.name),
        ("annotation", annotations, RELEASE_NAMESPACE, owner.namespace),
    )
    problems = []
    for what, values, key, wanted in checks:
        if key not in values:
            problems.append(f'{what} validation error: missing key "{key}": must be set to "{wanted}"')
        elif values[key] != wanted:
            problems.append(f'{what} validation error: key "{key}" must equal "{wanted}": current value is "{values[key]}"')
    return f"invalid ownership metadata; {'; '.join(problems)}" if problems else ""


def is_kept(tree: Tree) -> bool:
    """Whether an object stays when it leaves the release."""
    policy = annotations_of(tree).get(POLICY)
    return isinstance(policy, str) and policy.strip().lower() == "keep"


def removed(old: Iterable[Tree], new: Iterable[Tree]) -> list[Tree]:
    """Return the objects that are no longer wanted, in the order of their removal."""
    wanted = {identity_of(tree) for tree in new}
    return in_removal_order(tree for tree in old if identity_of(tree) not in wanted)


def in_removal_order(trees: Iterable[Tree]) -> list[Tree]:
    """Return objects in the order they are removed: what uses others first."""
    hooks = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
    order = (*hooks, *(kind for kind in reversed(INSTALL_ORDER) if kind not in hooks))
    rank = {kind: at for at, kind in enumerate(order)}
    return sorted(trees, key=lambda tree: (rank.get(str(tree.get("kind")), len(rank)), str(tree.get("kind"))))


def batches(trees: Iterable[Tree]) -> list[list[Tree]]:
    """Return runs of one kind, which may be sent side by side; one run is done before the next begins."""
    found: list[list[Tree]] = []
    for tree in trees:
        if found and found[-1][0].get("kind") == tree.get("kind"):
            found[-1].append(tree)
        else:
            found.append([tree])
    return found

"""Which Applications belong to which ApplicationSet, and whom a change wakes."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.api.meta import Tree, annotations_of, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.applicationsets.schedule import REFRESH, kinds_of
from pilothouse.delivery.gitops.applicationsets.writing import APPLICATION_SET, controller_of
from pilothouse.delivery.gitops.engine.applicationsets.planning import policy_of
from pilothouse.delivery.gitops.engine.applicationsets.progressive import steps_of
from pilothouse.sdk.controller import Controller, spec_changed
from pilothouse.sdk.informer import Change, Informer
from pilothouse.sdk.reconcile import Request

_BY_SET = "applicationset"
STATUS_S = 0.5
"""How long changes of status are collected before an ApplicationSet tells them; a rolling sync is told at once."""


def _set_of(app: Tree) -> list[str]:
    owner = controller_of(app)
    if owner is None or owner.get("kind") != APPLICATION_SET.kind or owner.get("apiVersion") != APPLICATION_SET.api_version:
        return []
    return [f"{namespace_of(app)}/{owner.get('name')}/{owner.get('uid')}"]


class Family:
    """ApplicationSets and their Applications."""

    def __init__(self, sets: Informer, apps: Informer, controller: Controller) -> None:
        """Look both up in their caches, and wake through `controller`."""
        self._sets, self._apps, self._controller = sets, apps, controller
        apps.cache.add_index(_BY_SET, _set_of)

    def of(self, tree: Tree) -> dict[str, Tree]:
        """Return the Applications of an ApplicationSet by name."""
        key = f"{namespace_of(tree)}/{name_of(tree)}/{metadata(tree).get('uid')}"
        return {name_of(app): app for app in self._apps.cache.by_index(_BY_SET, key)}

    def adopted(self, tree: Tree, wanted: Mapping[str, Tree]) -> dict[str, Tree]:
        """Return the Applications of wanted names that nobody controls; a policy that changes none adopts none."""
        if policy_of(tree) in ("create-only", "create-delete"):
            return {}
        found = {name: self._apps.cache.get(name, namespace_of(tree)) for name in wanted}
        return {name: app for name, app in found.items() if app is not None and controller_of(app) is None}

    def foreign(self, tree: Tree, wanted: Mapping[str, Tree]) -> dict[str, str]:
        """Return by name who controls Applications of wanted names, where that is somebody else."""
        found: dict[str, str] = {}
        for name in wanted:
            owner = controller_of(self._apps.cache.get(name, namespace_of(tree)) or {})
            if owner is not None and owner.get("uid") != metadata(tree).get("uid"):
                found[name] = f"{owner.get('kind')} {owner.get('name')}"
        return found

    def requests(self, namespace: str) -> list[Request]:
        """Return all ApplicationSets, those of one namespace if it is given."""
        keys = self._sets.cache.keys()
        return [Request(key.namespace, key.name) for key in keys if key.namespace == namespace or not namespace]

    def all_of(self, *generators: str) -> list[Request]:
        """Return the ApplicationSets that have one of some generators."""
        found: list[Request] = []
        for tree in self._sets.cache.list():
            if any(name in generators for name, _ in kinds_of((tree.get("spec") or {}).get("generators"))):
                found.append(Request(namespace_of(tree), name_of(tree)))
        return found

    def is_news(self, change: Change) -> bool:
        """Whether a change of an ApplicationSet is more than what we wrote: its status, or a refresh that was done."""
        old, new = change.old, change.new
        if old is not None and new is not None and REFRESH in annotations_of(old) and REFRESH not in annotations_of(new):
            return metadata(old).get("generation") != metadata(new).get("generation")
        return spec_changed(change)

    def application_changed(self, change: Change) -> None:
        """Look at the ApplicationSet of an Application: at once, or soon when only its status changed."""
        owners = {key for app in (change.old, change.new) if app is not None for key in _set_of(app)}
        for key in owners:
            namespace, name, _ = key.split("/")
            request = Request(namespace, name)
            if _is_edited(change):
                self._controller.enqueue(request)
            elif _standing(change.old) != _standing(change.new):
                tree = self._sets.cache.get(name, namespace)
                is_rolling = tree is not None and bool(steps_of(tree))
                self._controller.queue.add_after(request, 0.0 if is_rolling else STATUS_S)


def _is_edited(change: Change) -> bool:
    old, new = change.old, change.new
    if old is None or new is None:
        return True
    fields = ("labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp")
    return old.get("spec") != new.get("spec") or any(metadata(old).get(field) != metadata(new).get(field) for field in fields)


def _standing(app: Tree | None) -> tuple[object, ...]:
    """Return what an ApplicationSet tells of an Application, or a rolling sync acts on."""
    status = (app or {}).get("status") or {}
    state = status.get("operationState") or {}
    return status.get("sync"), status.get("health"), state.get("phase"), state.get("startedAt"), status.get("conditions")

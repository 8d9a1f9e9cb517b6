"""Live objects of the cluster, for verbs that show what an application owns."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.resources import Key
from pilothouse.kit.errors import NotFound, NotSupported

_LOCAL = ("", "in-cluster")
_CHILDREN = (("apps/v1", "ReplicaSet"), ("batch/v1", "Job"), ("v1", "Pod"))
"""Kinds that are made by others: deeper ones last."""
Tree = dict[str, Any]


def check_local(app: Tree) -> None:
    """Raise `NotSupported` when an application goes to another cluster than the one the kubeconfig leads to."""
    destination = app["spec"].get("destination") or {}
    server = str(destination.get("server") or "")
    if destination.get("name", "") not in _LOCAL or (server and "kubernetes.default" not in server):
        raise NotSupported(
            f"{app['metadata']['name']} goes to the cluster {destination.get('name') or server}",
            fix="its live objects are seen with the kubeconfig of that cluster",
        )


def key_of(tree: Tree) -> Key:
    """Return what tells an object from others."""
    meta = tree["metadata"]
    return str(tree["apiVersion"]).rpartition("/")[0], tree["kind"], meta.get("namespace") or "", meta["name"]


class Objects:
    """Reads objects, one request for all of a kind in a namespace."""

    def __init__(self, cluster: Cluster) -> None:
        """Ask this cluster."""
        self._cluster = cluster
        self._served: dict[str, list[Tree]] = {}
        self._lists: dict[tuple[str, str, str], dict[Key, Tree]] = {}

    def all_of(self, api_version: str, kind: str, namespace: str) -> dict[Key, Tree]:
        """Return the objects of a kind in a namespace; none when the kind is not served."""
        known = self._lists.get((api_version, kind, namespace))
        if known is None:
            path = self._path(api_version, kind, namespace)
            items = (self._cluster.send("GET", path).get("items") or []) if path else []
            trees = [{"apiVersion": api_version, "kind": kind, **item} for item in items]
            known = self._lists[(api_version, kind, namespace)] = {key_of(tree): tree for tree in trees}
        return known

    def _path(self, api_version: str, kind: str, namespace: str) -> str:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if api_version not in self._served:
            try:
                self._served[api_version] = self._cluster.send("GET", base).get("resources") or []
            except NotFound:
                self._served[api_version] = []
        found = next((each for each in self._served[api_version] if each["kind"] == kind and "/" not in each["name"]), None)
        if found is None:
            return ""
        return f"{base}/namespaces/{namespace}/{found['name']}" if found.get("namespaced") else f"{base}/{found['name']}"

    def roots(self, app: Tree) -> dict[Key, Tree]:
        """Return the live objects that an application's status names."""
        found: dict[Key, Tree] = {}
        for entry in (app.get("status") or {}).get("resources") or ():
            group, version, namespace = entry.get("group") or "", entry.get("version") or "v1", entry.get("namespace") or ""
            live = self.all_of(f"{group}/{version}" if group else version, entry["kind"], namespace)
            key = (group, entry["kind"], namespace, entry["name"])
            if key in live:
                found[key] = live[key]
        return found

    def owned(self, roots: dict[Key, Tree]) -> dict[Key, list[Tree]]:
        """Return the ReplicaSets, Jobs and Pods that live objects own, by their owner."""
        uids = {tree["metadata"].get("uid"): key for key, tree in roots.items()}
        found: dict[Key, list[Tree]] = {}
        for api_version, kind in _CHILDREN:
            for namespace in sorted({key[2] for key in roots if key[2]}):
                for key, tree in self.all_of(api_version, kind, namespace).items():
                    owners = [
                        uids[ref.get("uid")] for ref in tree["metadata"].get("ownerReferences") or () if ref.get("uid") in uids
                    ]
                    if owners and key not in roots:
                        found.setdefault(owners[0], []).append(tree)
                        uids[tree["metadata"]["uid"]] = key
        return found

    def pods(self, app: Tree) -> list[Tree]:
        """Return all Pods of an application."""
        roots = self.roots(app)
        owned = self.owned(roots)
        return [
            tree for tree in (*roots.values(), *(each for trees in owned.values() for each in trees)) if tree["kind"] == "Pod"
        ]

"""What each node has to do with: edges from objects to the nodes of the Pods that use them, kept from the watch cache.

    node <- Pod <- ServiceAccount, Secret, ConfigMap, ResourceClaim, PersistentVolumeClaim <- PersistentVolume <- Secret

Built when the first node asks: a server without nodes of their own identity never pays for it.
"""

from __future__ import annotations

from collections import Counter

from pilothouse.cluster.apiserver.authz.references import Reference, pod_references, volume_claim, volume_secrets
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.cluster.apiserver.watchcache.items import Item

_PODS, _VOLUMES = "/registry/core/pods/", "/registry/core/persistentvolumes/"
_BY_NODE_NAME = {"volumeattachments": "storage.k8s.io", "resourceslices": "resource.k8s.io"}
_NO_NODES: Counter[str] = Counter()


class NodeGraph:
    """Answers whether an object has to do with a node."""

    def __init__(self, backend: Backend) -> None:
        """Read from the cache of `backend`, later."""
        self._backend = backend
        self._is_built = False
        self._pods: dict[str, tuple[str, frozenset[Reference]]] = {}
        self._nodes: dict[Reference, Counter[str]] = {}
        self._secrets: dict[str, frozenset[Reference]] = {}
        """Secrets by volume."""
        self._volumes: dict[Reference, set[str]] = {}
        """Volumes by Secret."""

    def reaches(self, node: str, plural: str, namespace: str, name: str) -> bool:
        """Whether the object is used by a Pod on the node, at any distance."""
        if not self._is_built:
            self._build()
        if plural in _BY_NODE_NAME:
            found = self._backend.look(_BY_NODE_NAME[plural], plural, "", name)
            return found is not None and (found.get("spec") or {}).get("nodeName") == node
        if plural == "persistentvolumes":
            return self._reaches_volume(node, name)
        wanted = (plural, namespace, name)
        if self._nodes.get(wanted, _NO_NODES)[node]:
            return True
        return any(self._reaches_volume(node, volume) for volume in self._volumes.get(wanted, ()))

    def _reaches_volume(self, node: str, name: str) -> bool:
        volume = self._backend.look("", "persistentvolumes", "", name)
        claim = None if volume is None else volume_claim(volume)
        return claim is not None and bool(self._nodes.get(claim, _NO_NODES)[node])

    def _build(self) -> None:
        self._is_built = True
        for item in self._backend.all_of("", "pods"):
            self._put_pod(item)
        for item in self._backend.all_of("", "persistentvolumes"):
            self._put_volume(item)
        self._backend.cache.on_change.append(self._on_change)

    def _on_change(self, prefix: str, change: Change) -> None:
        _, new, previous = change
        if prefix == _PODS:
            if new is not None:
                self._put_pod(new)
            elif previous is not None:
                self._drop_pod(previous.key)
        elif prefix == _VOLUMES:
            if new is not None:
                self._put_volume(new)
            elif previous is not None:
                self._drop_volume(previous.key)

    def _put_pod(self, item: Item) -> None:
        pod = item.object
        node = (pod.get("spec") or {}).get("nodeName", "")
        edges = (node, pod_references(pod)) if node else None
        if edges == self._pods.get(item.key):
            return
        self._drop_pod(item.key)
        if edges is None:
            return
        self._pods[item.key] = edges
        for reference in edges[1]:
            self._nodes.setdefault(reference, Counter())[node] += 1

    def _drop_pod(self, key: str) -> None:
        node, references = self._pods.pop(key, ("", frozenset()))
        for reference in references:
            nodes = self._nodes[reference]
            nodes[node] -= 1
            if not nodes[node]:
                del nodes[node]
            if not nodes:
                del self._nodes[reference]

    def _put_volume(self, item: Item) -> None:
        secrets = volume_secrets(item.object)
        if secrets == self._secrets.get(item.key, frozenset()):
            return
        self._drop_volume(item.key)
        self._secrets[item.key] = secrets
        for reference in secrets:
            self._volumes.setdefault(reference, set()).add(item.name)

    def _drop_volume(self, key: str) -> None:
        name = key.rpartition("/")[2]
        for reference in self._secrets.pop(key, frozenset()):
            volumes = self._volumes[reference]
            volumes.discard(name)
            if not volumes:
                del self._volumes[reference]

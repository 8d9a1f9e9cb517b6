"""Finalizers that protect volumes in use, and the default classes for claims and Ingresses."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import forbidden

_PROTECTION = {"PersistentVolumeClaim": "kubernetes.io/pvc-protection", "PersistentVolume": "kubernetes.io/pv-protection",
               "VolumeAttributesClass": "kubernetes.io/vac-protection"}  # fmt: skip
_DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"


class Defaults(Stage):
    """The stages StorageObjectInUseProtection, DefaultStorageClass and DefaultIngressClass."""

    kinds = frozenset((*_PROTECTION, "Ingress"))

    def __init__(self, backend: Backend) -> None:
        """Look classes up in the cache."""
        self.backend = backend

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Set finalizers and classes of new objects."""
        if old is not None or call.verb != "create" or call.subresource:
            return
        kind, meta = call.resource.kind, obj["metadata"]
        finalizer = _PROTECTION.get(kind)
        if finalizer and finalizer not in (meta.get("finalizers") or ()):
            meta["finalizers"] = [*(meta.get("finalizers") or ()), finalizer]
        notes = meta.get("annotations") or {}
        wants_class = kind == "PersistentVolumeClaim" and "storageClassName" not in obj["spec"]
        if wants_class and "volume.beta.kubernetes.io/storage-class" not in notes:
            self._storage_class(obj)
        wants_ingress = kind == "Ingress" and bool(call.resource.group) and "ingressClassName" not in obj["spec"]
        if wants_ingress and "kubernetes.io/ingress.class" not in notes:
            self._ingress_class(call, obj)

    def _marked(self, group: str, plural: str, note: str) -> list[Obj]:
        found = [item.object for item in self.backend.all_of(group, plural)]
        return [tree for tree in found if (tree["metadata"].get("annotations") or {}).get(note) == "true"]

    def _storage_class(self, obj: Obj) -> None:
        found = self._marked("storage.k8s.io", "storageclasses", _DEFAULT_STORAGE)
        if found:
            newest = max(found, key=lambda tree: (tree["metadata"]["creationTimestamp"], tree["metadata"]["name"]))
            obj["spec"]["storageClassName"] = newest["metadata"]["name"]

    def _ingress_class(self, call: Call, obj: Obj) -> None:
        found = self._marked("networking.k8s.io", "ingressclasses", _DEFAULT_INGRESS)
        if found:
            newest = sorted(found, key=lambda tree: tree["metadata"]["creationTimestamp"], reverse=True)
            obj["spec"]["ingressClassName"] = newest[0]["metadata"]["name"]

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Only claims of classes that allow it may grow."""
        if call.resource.kind != "PersistentVolumeClaim" or old is None or call.subresource:
            return
        if _storage(obj) != _storage(old):
            name = obj["spec"].get("storageClassName", "")
            found = self.backend.look("storage.k8s.io", "storageclasses", "", name) if name else None
            if found is None or not found.get("allowVolumeExpansion"):
                why = (
                    "only dynamically provisioned pvc can be resized and the storageclass that provisions the "
                    "pvc must support resize"
                )
                raise forbidden(call.resource, obj["metadata"]["name"], why)


def _storage(claim: Obj) -> str:
    value: str = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "")
    return value

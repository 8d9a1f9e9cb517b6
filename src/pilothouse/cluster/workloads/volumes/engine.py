"""Which volume a claim gets, and what a released volume becomes."""

from __future__ import annotations

from fractions import Fraction

from pilothouse.api.meta import Tree, annotations_of, labels_of, metadata, name_of, namespace_of, uid_of
from pilothouse.api.quantity import parse_quantity
from pilothouse.api.selectors import label_selector_from_object

PROVISIONER = "pilothouse.dev/local-directory"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION = "kubernetes.io/pv-protection"


def default_storage_class() -> Tree:
    """Return the StorageClass that is there from the start."""
    return {
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "local-directory", "annotations": {DEFAULT_CLASS: "true"}},
        "provisioner": PROVISIONER, "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
    }  # fmt: skip


def _requested(claim: Tree) -> Fraction:
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return parse_quantity(requests.get("storage", "0"))


def capacity_of(volume: Tree) -> Fraction:
    """Return the capacity of a volume in bytes."""
    return parse_quantity((volume["spec"].get("capacity") or {}).get("storage", "0"))


def class_of(tree: Tree) -> str:
    """Return the storage class a claim or volume names, empty for none."""
    return str(tree["spec"].get("storageClassName") or "")


def claims(volume: Tree, claim: Tree) -> bool:
    """Whether the volume is reserved for or bound to exactly this claim."""
    reference = volume["spec"].get("claimRef") or {}
    same_name = (reference.get("namespace"), reference.get("name")) == (namespace_of(claim), name_of(claim))
    return same_name and reference.get("uid", uid_of(claim)) in {"", uid_of(claim)}


def find_volume(claim: Tree, volumes: list[Tree]) -> Tree | None:
    """Return the volume to bind: the one reserved for the claim, else the smallest free one that fits."""
    for volume in volumes:
        if claims(volume, claim) or claim["spec"].get("volumeName") == name_of(volume):
            return volume
    if claim["spec"].get("volumeName"):
        return None
    selector = label_selector_from_object(claim["spec"]["selector"]) if claim["spec"].get("selector") else None
    fitting = [
        volume
        for volume in volumes
        if not volume["spec"].get("claimRef")
        and class_of(volume) == class_of(claim)
        and capacity_of(volume) >= _requested(claim)
        and set(claim["spec"].get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ())
        and (claim["spec"].get("volumeMode") or "Filesystem") == (volume["spec"].get("volumeMode") or "Filesystem")
        and (selector is None or selector.matches(labels_of(volume)))
    ]
    return min(fitting, key=lambda volume: (capacity_of(volume), name_of(volume)), default=None)


def must_wait_for_node(storage_class: Tree, claim: Tree) -> bool:
    """Whether provisioning waits until a Pod that uses the claim is scheduled."""
    return storage_class.get("volumeBindingMode") == "WaitForFirstConsumer" and SELECTED_NODE not in annotations_of(claim)


def provisioned_volume(claim: Tree, storage_class: Tree, path: str) -> Tree:
    """Return the PersistentVolume for a directory made for the claim."""
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return {
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{uid_of(claim)}", "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": requests.get("storage", "0")},
            "accessModes": claim["spec"].get("accessModes") or ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
            "storageClassName": name_of(storage_class),
            "volumeMode": "Filesystem",
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "claimRef": claim_reference(claim),
        },
    }  # fmt: skip


def claim_reference(claim: Tree) -> Tree:
    """Return the claimRef of a volume."""
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace_of(claim), "name": name_of(claim),
        "uid": uid_of(claim), "resourceVersion": metadata(claim).get("resourceVersion", ""),
    }  # fmt: skip


def bound_claim(claim: Tree, volume: Tree) -> Tree:
    """Return the claim pointing to its volume."""
    annotations = {**annotations_of(claim), BIND_COMPLETED: "yes", BOUND_BY_CONTROLLER: "yes"}
    spec = {**claim["spec"], "volumeName": name_of(volume)}
    return {**claim, "metadata": {**metadata(claim), "annotations": annotations}, "spec": spec}


def claims_used(pod: Tree) -> list[str]:
    """Return the names of the claims a Pod uses; none once all its containers ended."""
    if (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        return []
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return [str(v["persistentVolumeClaim"]["claimName"]) for v in volumes if v.get("persistentVolumeClaim")]


def claim_status(claim: Tree, volume: Tree | None, *, is_lost: bool = False) -> Tree:
    """Return the status of a claim."""
    if is_lost:
        return {**(claim.get("status") or {}), "phase": "Lost"}
    if volume is None:
        return {"phase": "Pending"}
    spec = volume["spec"]
    return {"phase": "Bound", "accessModes": spec.get("accessModes") or [], "capacity": spec.get("capacity") or {}}

"""Which objects a Pod or a PersistentVolume refers to: the edges of the node authorizer's graph.

Pure. A reference is (plural name, namespace, name).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Obj = dict[str, Any]
Reference = tuple[str, str, str]
MIRROR = "kubernetes.io/config.mirror"
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_SECRET_KEYS = ("secretRef", "nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef")


def pod_references(pod: Obj) -> frozenset[Reference]:
    """Return what the node of a Pod may read because of it, the Pod itself among it; a mirror Pod gives no more than itself."""
    meta, spec = pod["metadata"], pod.get("spec") or {}
    namespace, name = meta.get("namespace", ""), meta["name"]
    own: Reference = ("pods", namespace, name)
    if MIRROR in (meta.get("annotations") or {}):
        return frozenset((own,))
    found = {(plural, namespace, called) for plural, called in _pod_names(pod, spec) if called}
    return frozenset((own, *found))


def _pod_names(pod: Obj, spec: Obj) -> Iterator[tuple[str, str]]:
    yield "serviceaccounts", spec.get("serviceAccountName", "")
    for entry in spec.get("imagePullSecrets") or ():
        yield "secrets", entry.get("name", "")
    for kind in _CONTAINERS:
        for container in spec.get(kind) or ():
            yield from _container_names(container)
    for volume in spec.get("volumes") or ():
        yield from _volume_names(volume, pod["metadata"]["name"])
    yield from _claim_names(pod, spec)


def _container_names(container: Obj) -> Iterator[tuple[str, str]]:
    for entry in container.get("env") or ():
        source = entry.get("valueFrom") or {}
        yield "secrets", (source.get("secretKeyRef") or {}).get("name", "")
        yield "configmaps", (source.get("configMapKeyRef") or {}).get("name", "")
    for entry in container.get("envFrom") or ():
        yield "secrets", (entry.get("secretRef") or {}).get("name", "")
        yield "configmaps", (entry.get("configMapRef") or {}).get("name", "")


def _volume_names(volume: Obj, pod: str) -> Iterator[tuple[str, str]]:
    yield "secrets", (volume.get("secret") or {}).get("secretName", "")
    yield "configmaps", (volume.get("configMap") or {}).get("name", "")
    yield "secrets", (volume.get("azureFile") or {}).get("secretName", "")
    for entry in (volume.get("projected") or {}).get("sources") or ():
        yield "secrets", (entry.get("secret") or {}).get("name", "")
        yield "configmaps", (entry.get("configMap") or {}).get("name", "")
    yield "persistentvolumeclaims", (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    if volume.get("ephemeral"):
        yield "persistentvolumeclaims", f"{pod}-{volume.get('name', '')}"
    for source in volume.values():
        if isinstance(source, dict):
            for key in _SECRET_KEYS:
                yield "secrets", (source.get(key) or {}).get("name", "")


def _claim_names(pod: Obj, spec: Obj) -> Iterator[tuple[str, str]]:
    status = pod.get("status") or {}
    for entry in spec.get("resourceClaims") or ():
        yield "resourceclaims", entry.get("resourceClaimName") or ""
    for entry in status.get("resourceClaimStatuses") or ():
        yield "resourceclaims", entry.get("resourceClaimName") or ""
    yield "resourceclaims", (status.get("extendedResourceClaimStatus") or {}).get("resourceClaimName") or ""


def volume_claim(volume: Obj) -> Reference | None:
    """Return the claim a PersistentVolume is bound to."""
    claim = (volume.get("spec") or {}).get("claimRef") or {}
    return ("persistentvolumeclaims", claim.get("namespace", ""), claim["name"]) if claim.get("name") else None


def volume_secrets(volume: Obj) -> frozenset[Reference]:
    """Return the Secrets needed to mount a PersistentVolume; without a namespace they are in that of its claim."""
    spec = volume.get("spec") or {}
    home = (spec.get("claimRef") or {}).get("namespace", "")
    found: set[Reference] = set()
    for source in spec.values():
        if not isinstance(source, dict):
            continue
        for key in _SECRET_KEYS:
            reference = source.get(key) or {}
            if reference.get("name"):
                found.add(("secrets", reference.get("namespace") or home, reference["name"]))
        if source.get("secretName"):
            found.add(("secrets", source.get("secretNamespace") or home, source["secretName"]))
    return frozenset(found)

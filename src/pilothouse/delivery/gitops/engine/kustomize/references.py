"""Names change (prefixes, hashes, namespaces): every place that names a resource of a built-in kind follows.

The table below says which fields of which kinds name what. A name is looked up among all names resources ever had.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.fieldspecs import WORKLOADS
from pilothouse.delivery.gitops.engine.kustomize.resources import Res, Resources

_PODS = (("Pod", "spec"), *((kind, "spec/template/spec") for kind in (*WORKLOADS, "Job", "ReplicationController")),
         ("CronJob", "spec/jobTemplate/spec/template/spec"))  # fmt: skip
_IN_PODS = {
    "ConfigMap": (
        "volumes/configMap/name", "volumes/projected/sources/configMap/name",
        *(f"{where}/{what}" for where in ("containers", "initContainers")
          for what in ("env/valueFrom/configMapKeyRef/name", "envFrom/configMapRef/name")),
    ),
    "Secret": (
        "volumes/secret/secretName", "volumes/projected/sources/secret/name", "imagePullSecrets/name",
        "volumes/azureFile/secretName", "volumes/cephfs/secretRef/name", "volumes/rbd/secretRef/name",
        "volumes/iscsi/secretRef/name", "volumes/flexVolume/secretRef/name", "volumes/csi/nodePublishSecretRef/name",
        *(f"{where}/{what}" for where in ("containers", "initContainers")
          for what in ("env/valueFrom/secretKeyRef/name", "envFrom/secretRef/name")),
    ),
    "ServiceAccount": ("serviceAccountName",),
    "PersistentVolumeClaim": ("volumes/persistentVolumeClaim/claimName",),
    "PriorityClass": ("priorityClassName",),
}  # fmt: skip
_ELSEWHERE = {
    "ConfigMap": ("Role:rules/resourceNames", "ClusterRole:rules/resourceNames", "Node:spec/configSource/configMap"),
    "Secret": (
        "Role:rules/resourceNames", "ClusterRole:rules/resourceNames", "Ingress:spec/tls/secretName",
        "ServiceAccount:imagePullSecrets/name", "StorageClass:parameters/secretName", "StorageClass:parameters/adminSecretName",
        "StorageClass:parameters/userSecretName", "PersistentVolume:spec/csi/nodePublishSecretRef/name",
    ),
    "Service": (
        "StatefulSet:spec/serviceName", "Ingress:spec/backend/serviceName", "Ingress:spec/rules/http/paths/backend/serviceName",
        "Ingress:spec/defaultBackend/service/name", "Ingress:spec/rules/http/paths/backend/service/name",
        "APIService:spec/service", "MutatingWebhookConfiguration:webhooks/clientConfig/service",
        "ValidatingWebhookConfiguration:webhooks/clientConfig/service", "Role:rules/resourceNames",
        "ClusterRole:rules/resourceNames",
    ),
    "Role": ("RoleBinding:roleRef/name",),
    "ClusterRole": ("RoleBinding:roleRef/name", "ClusterRoleBinding:roleRef/name"),
    "ServiceAccount": ("RoleBinding:subjects", "ClusterRoleBinding:subjects", "Role:rules/resourceNames",
                       "ClusterRole:rules/resourceNames"),
    "PersistentVolume": ("PersistentVolumeClaim:spec/volumeName", "ClusterRole:rules/resourceNames"),
    "StorageClass": ("PersistentVolume:spec/storageClassName", "PersistentVolumeClaim:spec/storageClassName",
                     "StatefulSet:spec/volumeClaimTemplates/spec/storageClassName"),
    "ValidatingAdmissionPolicy": ("ValidatingAdmissionPolicyBinding:spec/policyName",),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"),
        ("HorizontalPodAutoscaler:spec/scaleTargetRef/name",),
    ),
}  # fmt: skip
_ANNOTATIONS = {
    "Secret": ("ingress.kubernetes.io/auth-secret", "nginx.ingress.kubernetes.io/auth-secret",
               "nginx.ingress.kubernetes.io/auth-tls-secret"),
    "ConfigMap": ("nginx.ingress.kubernetes.io/fastcgi-params-configmap",),
}  # fmt: skip


class Rule(msgspec.Struct, frozen=True):
    """A path whose value names a resource of a kind."""

    path: tuple[str, ...]
    target: str


@lru_cache(256)
def rules_of(kind: str) -> tuple[Rule, ...]:
    """Return where resources of a kind name others."""
    found: list[Rule] = []
    for target, paths in _IN_PODS.items():
        found += [
            Rule((*prefix.split("/"), *path.split("/")), target) for name, prefix in _PODS if name == kind for path in paths
        ]
    for target, places in _ELSEWHERE.items():
        for place in places:
            name, _, path = place.partition(":")
            if name == kind:
                found.append(Rule(tuple(path.split("/")), target))
    if kind == "Ingress":
        found += [Rule(("metadata", "annotations", key), target) for target, keys in _ANNOTATIONS.items() for key in keys]
    return tuple(found)


class _References:
    """Follows the names in one set of resources."""

    def __init__(self, resources: Resources) -> None:
        self._named: dict[tuple[str, str], list[Res]] = {}
        for res in resources:
            for key in {(each.kind, each.name) for each in res.ids}:
                self._named.setdefault(key, []).append(res)

    def fix(self, res: Res) -> None:
        for rule in rules_of(res.kind):
            for parent, key in _places(res.tree, rule.path):
                self._fix_one(res, parent, key, rule.target)

    def _fix_one(self, res: Res, parent: Any, key: Any, target: str) -> None:
        value = parent[key]
        if isinstance(value, str):
            found = self._find(res, value, target, parent)
            if found is not None:
                parent[key] = found.name
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, (str, dict)):
                    self._fix_one(res, value, index, target)
        elif isinstance(value, dict) and isinstance(value.get("name"), str):
            self._fix_map(res, value, target)

    def _fix_map(self, res: Res, value: dict[str, Any], target: str) -> None:
        if value.get("kind") not in (None, target):
            return
        namespace = value.get("namespace")
        candidates = [
            each for each in self._named.get((target, value["name"]), ())
            if namespace is None or any((old.namespace or "default") == namespace for old in each.ids)
        ]  # fmt: skip
        found = _only(res, candidates, value["name"])
        if found is not None:
            value["name"] = found.name
            if found.namespace:
                value["namespace"] = found.namespace

    def _find(self, res: Res, name: str, target: str, parent: Any) -> Res | None:
        if isinstance(parent, dict) and "kind" in parent and parent["kind"] != target:  # a roleRef, a scaleTargetRef
            return None
        return _only(res, self._near(res, self._named.get((target, name), ())), name)

    @staticmethod
    def _near(res: Res, candidates: Any) -> list[Res]:
        if res.is_cluster_scoped:
            return list(candidates)
        here = res.namespace or "default"
        return [each for each in candidates if each.is_cluster_scoped or (each.namespace or "default") == here]


def _only(res: Res, candidates: list[Res], name: str) -> Res | None:
    """Return the one candidate that is meant; raises `KustomizationInvalid` when several are."""
    if len(candidates) > 1:
        alike = [each for each in candidates if (each.prefixes, each.suffixes) == (res.prefixes, res.suffixes)]
        candidates = alike or [
            each for each in candidates
            if each.prefixes[: len(res.prefixes)] == res.prefixes or res.prefixes[: len(each.prefixes)] == each.prefixes
        ]  # fmt: skip
    names = {each.name for each in candidates}
    if len(names) > 1:
        raise KustomizationInvalid(
            f"found multiple possible referrals: {res.id} names {name!r}, which is {', '.join(sorted(names))}"
        )
    return candidates[0] if candidates else None


def _places(node: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """Yield the containers and keys a path leads to, through every list."""
    if isinstance(node, list):
        for item in node:
            yield from _places(item, path)
    elif isinstance(node, dict) and path[0] in node:
        if len(path) == 1:
            yield node, path[0]
        else:
            yield from _places(node[path[0]], path[1:])


def fix_references(resources: Resources) -> None:
    """Let every name of a resource that was renamed follow."""
    references = _References(resources)
    for res in resources:
        references.fix(res)

"""The order of the output: as read, or the one that lets objects be created one after the other."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.resources import Res

FIRST = (
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy", "Role",
    "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange",
    "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
)  # fmt: skip
LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def in_order(resources: list[Res], options: Any) -> list[Res]:
    """Return resources as `sortOptions` wants them; without any, in the order kubectl uses."""
    options = options or {}
    order = options.get("order") or "legacy"
    if order == "fifo":
        return resources
    if order != "legacy":
        raise KustomizationInvalid(f"sortOptions: unknown order {order!r}", fix="use fifo or legacy")
    own = options.get("legacySortOptions") or {}
    first, last = own.get("orderFirst") or FIRST, own.get("orderLast") or LAST
    weights = {kind: index - len(first) for index, kind in enumerate(first)}
    weights.update({kind: index + 1 for index, kind in enumerate(last)})

    def key(res: Res) -> tuple[Any, ...]:
        now = res.id
        kind = f"{now.group or '~G'}_{now.version or '~V'}_{now.kind or '~K'}"
        return weights.get(now.kind, 0), kind, f"{kind}|{now.namespace or '~X'}|{now.name or '~N'}"

    return sorted(resources, key=key)

"""Documents of a rendered text, and the order in which kinds are installed.

Apart from the rest of the render because releases need only this of it: reading a stored manifest loads no template function.
"""

from __future__ import annotations

import re

_BLANK = " \t\n\f\r"
_BLANKS = re.compile(f"[{_BLANK}]*")
INSTALL_ORDER = (
    "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
    "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume",
    "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding",
    "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod",
    "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob",
    "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


def split_documents(text: str) -> list[str]:
    """Return the documents of a rendered file, empty ones left out.

    They are parted by lines that start with `---`; blanks around it belong to neither, so that a second such line straight
    after the first is text.
    """
    text = text.strip()
    parts: list[str] = []
    start = _BLANKS.match(text, 3).end() if text.startswith("---") else 0  # type: ignore[union-attr]
    while (at := text.find("\n---", start)) >= 0:
        parts.append(text[start:at].rstrip(_BLANK))
        start = _BLANKS.match(text, at + 4).end()  # type: ignore[union-attr]
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def kind_rank(kind: str) -> tuple[int, str]:
    """Return the sort key of a kind: known kinds in install order, unknown ones after them by name."""
    rank = _RANK.get(kind)
    return (len(INSTALL_ORDER), kind) if rank is None else (rank, "")

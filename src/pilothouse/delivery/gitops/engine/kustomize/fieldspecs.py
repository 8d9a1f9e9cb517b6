"""Where labels, annotations, images and replica counts are, for every kind: paths whose lists are passed through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pilothouse.delivery.gitops.engine.kustomize.resources import Res


class Field(msgspec.Struct, frozen=True):
    """A path in some kinds; `creates`: what is missing on the way is made."""

    path: tuple[str, ...]
    kind: str = ""
    group: str = ""
    creates: bool = False

    def is_in(self, res: Res) -> bool:
        """Whether a resource has this field."""
        return self.kind in ("", res.kind) and self.group in ("", res.group)


def _f(path: str, kind: str = "", group: str = "", *, creates: bool = True) -> Field:
    return Field(tuple(path.split("/")), kind, group, creates)


WORKLOADS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
_TEMPLATE = "spec/template/metadata"
_JOB_TEMPLATE = "spec/jobTemplate/spec/template/metadata"
_AFFINITIES = tuple(
    f"spec/template/spec/affinity/{which}/{when}/labelSelector/matchLabels"
    for which in ("podAffinity", "podAntiAffinity")
    for when in (
        "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm", "requiredDuringSchedulingIgnoredDuringExecution"
    )
)  # fmt: skip
METADATA_LABELS = _f("metadata/labels")


def _templates(what: str) -> tuple[Field, ...]:
    return (
        _f(f"{_TEMPLATE}/{what}", "ReplicationController"),
        *(_f(f"{_TEMPLATE}/{what}", kind) for kind in WORKLOADS),
        _f(f"{_TEMPLATE}/{what}", "Job", "batch"),
        _f(f"spec/jobTemplate/metadata/{what}", "CronJob", "batch"), _f(f"{_JOB_TEMPLATE}/{what}", "CronJob", "batch"),
    )  # fmt: skip


_CLAIMS = _f("spec/volumeClaimTemplates/metadata/labels", "StatefulSet", "apps")
TEMPLATE_LABELS = (*_templates("labels"), _CLAIMS)
SELECTOR_LABELS = (
    METADATA_LABELS,
    _f("spec/selector", "Service"), _f("spec/selector", "ReplicationController"),
    *(_f("spec/selector/matchLabels", kind) for kind in WORKLOADS),
    *TEMPLATE_LABELS,
    *(_f(path, kind, "apps", creates=False) for kind in ("Deployment", "StatefulSet") for path in _AFFINITIES),
    *(_f("spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", kind, "apps", creates=False)
      for kind in ("Deployment", "StatefulSet")),
    _f("spec/selector/matchLabels", "Job", "batch", creates=False),
    _f("spec/jobTemplate/spec/selector/matchLabels", "CronJob", "batch", creates=False),
    _f("spec/selector/matchLabels", "PodDisruptionBudget", "policy", creates=False),
    _f("spec/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io", creates=False),
    _f("spec/ingress/from/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io", creates=False),
    _f("spec/egress/to/podSelector/matchLabels", "NetworkPolicy", "networking.k8s.io", creates=False),
)  # fmt: skip
ANNOTATIONS = (_f("metadata/annotations"), *_templates("annotations"))
REPLICAS = tuple(_f("spec/replicas", kind) for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"))


def custom(raw: Iterable[Any]) -> tuple[Field, ...]:
    """Return the fields a kustomization adds itself (`labels[].fields`)."""
    return tuple(
        _f(str(item.get("path") or "").replace("[]", ""), str(item.get("kind") or ""), str(item.get("group") or ""),
           creates=bool(item.get("create")))
        for item in raw if isinstance(item, dict) and item.get("path")
    )  # fmt: skip


def change(res: Res, fields: Iterable[Field], update: Callable[[Any], Any]) -> None:
    """Put `update(what is there, None for nothing)` at every field a resource has."""
    for field in fields:
        if field.is_in(res):
            _change(res.tree, field.path, update, creates=field.creates)


def _change(node: Any, path: tuple[str, ...], update: Callable[[Any], Any], *, creates: bool) -> None:
    if isinstance(node, list):
        for item in node:
            _change(item, path, update, creates=creates)
        return
    if not isinstance(node, dict):
        return
    name = path[0]
    if len(path) == 1:
        if name in node or creates:
            node[name] = update(node.get(name))
        return
    if node.get(name) is None:
        if not creates or name == "volumeClaimTemplates":
            return
        node[name] = {}
    _change(node[name], path[1:], update, creates=creates)


def merged(pairs: dict[str, Any]) -> Callable[[Any], Any]:
    """Return the update that puts pairs into a map."""
    return lambda old: {**(old if isinstance(old, dict) else {}), **pairs}

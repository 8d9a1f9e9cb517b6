"""What the scheduler needs to know of a Pod, taken out of its tree once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pilothouse.api.meta import ObjectKey, Tree, is_deleting, key_of, labels_of, namespace_of, uid_of
from pilothouse.api.quantity import to_milli, to_whole
from pilothouse.api.selectors import LabelSelector, label_selector_from_object

Toleration = Mapping[str, Any]


class AffinityTerm(msgspec.Struct, frozen=True):
    """Pods matching `selector` in `namespaces`, counted per value of the node label `topology_key`."""

    namespaces: tuple[str, ...]
    selector: LabelSelector
    topology_key: str

    def matches(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a Pod counts for the term."""
        return namespace in self.namespaces and self.selector.matches(labels)


class SpreadConstraint(msgspec.Struct, frozen=True):
    """One topologySpreadConstraint."""

    term: AffinityTerm
    max_skew: int
    is_hard: bool
    min_domains: int


class PodInfo(msgspec.Struct, frozen=True):
    """A Pod, reduced to scheduling facts. CPU in millicores, everything else in whole units."""

    key: ObjectKey
    uid: str
    labels: dict[str, str]
    node: str
    priority: int
    requests: tuple[tuple[str, int], ...]
    node_selector: tuple[tuple[str, str], ...]
    node_affinity: tuple[Mapping[str, Any], ...] | None
    preferred_nodes: tuple[tuple[int, Mapping[str, Any]], ...]
    tolerations: tuple[Toleration, ...]
    ports: tuple[tuple[str, int], ...]
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    preferred: tuple[tuple[int, AffinityTerm], ...]
    spread: tuple[SpreadConstraint, ...]
    images: tuple[str, ...]
    is_gated: bool
    is_terminated: bool
    is_deleting: bool


def requests_of(spec: Tree) -> tuple[tuple[str, int], ...]:
    """Return the resources a Pod asks for: the sum of its containers, or the largest init container if that is more."""
    total: dict[str, int] = {}
    for container in spec.get("containers") or ():
        for name, amount in _requests(container).items():
            total[name] = total.get(name, 0) + amount
    for container in spec.get("initContainers") or ():
        for name, amount in _requests(container).items():
            is_sidecar = container.get("restartPolicy") == "Always"
            total[name] = total.get(name, 0) + amount if is_sidecar else max(total.get(name, 0), amount)
    for name, text in (spec.get("overhead") or {}).items():
        total[name] = total.get(name, 0) + _amount(name, text)
    return tuple(sorted((name, amount) for name, amount in total.items() if amount))


def _requests(container: Tree) -> dict[str, int]:
    wanted = (container.get("resources") or {}).get("requests") or {}
    return {name: _amount(name, text) for name, text in wanted.items()}


def _amount(name: str, text: Any) -> int:
    return to_milli(text) if name == "cpu" else to_whole(text)


def _term(raw: Tree, namespace: str) -> AffinityTerm:
    namespaces = tuple(raw.get("namespaces") or (namespace,))
    return AffinityTerm(namespaces, label_selector_from_object(raw.get("labelSelector")), str(raw.get("topologyKey", "")))


def _preferred(affinity: Tree, namespace: str) -> tuple[tuple[int, AffinityTerm], ...]:
    found: list[tuple[int, AffinityTerm]] = []
    for name, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        for entry in (affinity.get(name) or {}).get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            found.append((sign * int(entry.get("weight", 1)), _term(entry["podAffinityTerm"], namespace)))
    return tuple(found)


def _required(affinity: Tree, name: str, namespace: str) -> tuple[AffinityTerm, ...]:
    terms = (affinity.get(name) or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return tuple(_term(term, namespace) for term in terms)


def _spread(spec: Tree, namespace: str) -> tuple[SpreadConstraint, ...]:
    return tuple(
        SpreadConstraint(
            _term(raw, namespace),
            int(raw.get("maxSkew", 1)),
            raw.get("whenUnsatisfiable") != "ScheduleAnyway",
            int(raw.get("minDomains") or 1),
        )
        for raw in spec.get("topologySpreadConstraints") or ()
    )


def _ports(spec: Tree) -> tuple[tuple[str, int], ...]:
    return tuple(
        (port.get("protocol", "TCP"), int(port["hostPort"]))
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def pod_info(tree: Tree) -> PodInfo:
    """Return the scheduling facts of a Pod."""
    spec, namespace = tree.get("spec") or {}, namespace_of(tree)
    affinity = spec.get("affinity") or {}
    nodes = affinity.get("nodeAffinity") or {}
    required = nodes.get("requiredDuringSchedulingIgnoredDuringExecution")
    preferred = nodes.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return PodInfo(
        key=key_of(tree),
        uid=uid_of(tree),
        labels=labels_of(tree),
        node=str(spec.get("nodeName") or ""),
        priority=int(spec.get("priority") or 0),
        requests=requests_of(spec),
        node_selector=tuple(sorted((spec.get("nodeSelector") or {}).items())),
        node_affinity=None if required is None else tuple(required.get("nodeSelectorTerms") or ()),
        preferred_nodes=tuple((int(entry.get("weight", 1)), entry.get("preference") or {}) for entry in preferred),
        tolerations=tuple(spec.get("tolerations") or ()),
        ports=_ports(spec),
        affinity=_required(affinity, "podAffinity", namespace),
        anti_affinity=_required(affinity, "podAntiAffinity", namespace),
        preferred=_preferred(affinity, namespace),
        spread=_spread(spec, namespace),
        images=tuple(str(container.get("image", "")) for container in spec.get("containers") or ()),
        is_gated=bool(spec.get("schedulingGates")),
        is_terminated=(tree.get("status") or {}).get("phase") in {"Succeeded", "Failed"},
        is_deleting=is_deleting(tree),
    )

"""Scores: each ranks the candidate nodes from 0 to 100; the weighted sum decides.

Names, weights and formulas follow the upstream plugins of the default profile.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.cluster.scheduler.engine.filters import term_bits, tolerates
from pilothouse.cluster.scheduler.engine.podinfo import PodInfo
from pilothouse.cluster.scheduler.engine.table import NodeTable

MAX_SCORE = 100.0
Score = Callable[[PodInfo, NodeTable, list[int]], list[float]]
_DEFAULTS = {"cpu": 100, "memory": 200 << 20}
"""What a Pod without requests counts as, so that such Pods spread too."""


def _fractions(pod: PodInfo, table: NodeTable, i: int) -> list[float]:
    asked = dict(pod.requests)
    found: list[float] = []
    for resource, default in _DEFAULTS.items():
        limit = table.allocatable.get(resource, [])[i] if resource in table.allocatable else 0
        if limit:
            used = table.used[resource][i] if resource in table.used else 0
            found.append(min(1.0, (used + (asked.get(resource) or default)) / limit))
    return found


def least_allocated(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """NodeResourcesFit: more free CPU and memory is better."""
    result: list[float] = []
    for i in nodes:
        fractions = _fractions(pod, table, i)
        result.append(MAX_SCORE * (1 - sum(fractions) / len(fractions)) if fractions else 0.0)
    return result


def balanced_allocation(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """NodeResourcesBalancedAllocation: CPU and memory used in the same proportion is better."""
    result: list[float] = []
    for i in nodes:
        fractions = _fractions(pod, table, i)
        deviation = abs(fractions[0] - fractions[1]) / 2 if len(fractions) == 2 else 0.0
        result.append(MAX_SCORE * (1 - deviation))
    return result


def taint_preference(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """TaintToleration: fewer untolerated PreferNoSchedule taints is better."""
    raw = [0.0] * len(nodes)
    for (key, value, effect), having in table.taint_bits.items():
        if effect == "PreferNoSchedule" and not tolerates(pod.tolerations, key, value, effect):
            for position, i in enumerate(nodes):
                raw[position] += having >> i & 1
    return _normalized(raw, is_reversed=True)


def preferred_node_affinity(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """NodeAffinity: the weights of preferred terms that match."""
    raw = [0.0] * len(nodes)
    for weight, term in pod.preferred_nodes:
        matching = term_bits(term, table)
        for position, i in enumerate(nodes):
            raw[position] += weight * (matching >> i & 1)
    return _normalized(raw)


def preferred_pod_affinity(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """InterPodAffinity: Pods wished near (or far) in the node's domain, by weight."""
    raw = [0.0] * len(nodes)
    for weight, term in pod.preferred:
        counts = table.counts(term).domains
        for position, i in enumerate(nodes):
            raw[position] += weight * counts.get(table.labels[i].get(term.topology_key, ""), 0)
    low, high = min(raw, default=0.0), max(raw, default=0.0)
    return [MAX_SCORE * (value - low) / (high - low) if high > low else 0.0 for value in raw]


def soft_spread(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """PodTopologySpread: fewer matching Pods in the node's domain is better."""
    raw = [0.0] * len(nodes)
    soft = [constraint for constraint in pod.spread if not constraint.is_hard]
    for constraint in soft:
        counts = table.counts(constraint.term).domains
        for position, i in enumerate(nodes):
            raw[position] += counts.get(table.labels[i].get(constraint.term.topology_key, ""), 0)
    return _normalized(raw, is_reversed=True) if soft else raw


def image_locality(pod: PodInfo, table: NodeTable, nodes: list[int]) -> list[float]:
    """ImageLocality: nodes that hold the images already are better."""
    raw = [0.0] * len(nodes)
    for image in pod.images:
        having = table.image_bits.get(image, 0)
        for position, i in enumerate(nodes):
            raw[position] += having >> i & 1
    return [MAX_SCORE * value / max(1, len(pod.images)) for value in raw]


def _normalized(raw: list[float], *, is_reversed: bool = False) -> list[float]:
    high = max(raw, default=0.0)
    if high == 0:
        return [MAX_SCORE if is_reversed else 0.0] * len(raw)
    scaled = [MAX_SCORE * value / high for value in raw]
    return [MAX_SCORE - value for value in scaled] if is_reversed else scaled


SCORES: tuple[tuple[Score, float], ...] = (
    (taint_preference, 3.0), (preferred_node_affinity, 2.0), (soft_spread, 2.0), (preferred_pod_affinity, 2.0),
    (least_allocated, 1.0), (balanced_allocation, 1.0), (image_locality, 1.0),
)  # fmt: skip
"""(score, weight) of the default profile."""

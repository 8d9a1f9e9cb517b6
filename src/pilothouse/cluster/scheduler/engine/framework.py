"""The decision for one Pod: filter, score, choose."""

from __future__ import annotations

import msgspec

from pilothouse.cluster.scheduler.engine.filters import FILTERS
from pilothouse.cluster.scheduler.engine.podinfo import PodInfo
from pilothouse.cluster.scheduler.engine.scores import SCORES
from pilothouse.cluster.scheduler.engine.table import NodeTable, bits_of


class Decision(msgspec.Struct, frozen=True):
    """Where a Pod goes; `node` is empty when it fits nowhere, then `message` counts the reasons."""

    node: str
    feasible: int
    message: str = ""


def place(pod: PodInfo, table: NodeTable) -> Decision:
    """Choose the best node; equal ones are told apart by name, so a decision can be repeated."""
    candidates = table.present
    total = table.present.bit_count()
    reasons: dict[str, int] = {}
    for check in FILTERS:
        for reason, refused in check(pod, table, candidates):
            hit = refused & candidates
            if hit:
                reasons[reason] = reasons.get(reason, 0) + hit.bit_count()
                candidates &= ~hit
        if not candidates:
            return Decision("", 0, _message(total, reasons))
    nodes = list(bits_of(candidates))
    if len(nodes) == 1:
        return Decision(table.names[nodes[0]], 1)
    totals = [0.0] * len(nodes)
    for score, weight in SCORES:
        for position, value in enumerate(score(pod, table, nodes)):
            totals[position] += weight * value
    best = max(range(len(nodes)), key=lambda position: (round(totals[position], 6), _reversed(table.names[nodes[position]])))
    return Decision(table.names[nodes[best]], len(nodes))


def _reversed(name: str) -> tuple[int, ...]:
    return tuple(-ord(character) for character in name)


def _message(total: int, reasons: dict[str, int]) -> str:
    if not total:
        return "no nodes available to schedule pods"
    parts = sorted(f"{count} {reason}" for reason, count in reasons.items())
    return f"0/{total} nodes are available: {', '.join(parts)}."

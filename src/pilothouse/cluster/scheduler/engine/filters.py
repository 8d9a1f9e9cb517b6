"""Filters: each returns the nodes (as a bitset) that a Pod may not run on, with the reason upstream gives.

Names follow the upstream plugins. A filter looks at columns only, never at single nodes, except where amounts are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.cluster.scheduler.engine.podinfo import PodInfo, Toleration
from pilothouse.cluster.scheduler.engine.table import NodeTable, bits_of

Refusals = list[tuple[str, int]]
"""(reason, nodes it excludes)."""
Filter = Callable[[PodInfo, NodeTable, int], Refusals]


def tolerates(tolerations: tuple[Toleration, ...], key: str, value: str, effect: str) -> bool:
    """Whether one of the tolerations covers the taint."""
    for toleration in tolerations:
        if toleration.get("effect") not in {None, "", effect}:
            continue
        if toleration.get("key") not in {None, "", key}:
            continue
        if toleration.get("operator") == "Exists" or toleration.get("value", "") == value:
            return True
    return False


def node_unschedulable(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """NodeUnschedulable: cordoned nodes."""
    if tolerates(pod.tolerations, "node.kubernetes.io/unschedulable", "", "NoSchedule"):
        return []
    return [("node(s) were unschedulable", table.present & ~table.schedulable)]


def taint_toleration(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """TaintToleration: NoSchedule and NoExecute taints the Pod does not tolerate."""
    refusals: Refusals = []
    for (key, value, effect), nodes in table.taint_bits.items():
        if nodes and effect != "PreferNoSchedule" and not tolerates(pod.tolerations, key, value, effect):
            refusals.append((f"node(s) had untolerated taint {{{key}: {value}}}", nodes))
    return refusals


def node_affinity(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """NodeAffinity: nodeSelector and required node affinity."""
    allowed = table.present
    for pair in pod.node_selector:
        allowed &= table.label_bits.get(pair, 0)
    if pod.node_affinity is not None:
        matching = 0
        for term in pod.node_affinity:
            matching |= term_bits(term, table)
        allowed &= matching
    return [("node(s) didn't match Pod's node affinity/selector", table.present & ~allowed)]


def term_bits(term: Mapping[str, Any], table: NodeTable) -> int:
    """Return the nodes a nodeSelectorTerm matches; an empty term matches none."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return 0
    allowed = table.present
    for expression in expressions:
        allowed &= _expression_bits(expression, table)
    for field in fields:
        named = 0
        for name in field.get("values") or ():
            i = table.index.get(name)
            named |= 0 if i is None else 1 << i
        allowed &= named if field.get("operator") == "In" else ~named
    return allowed


def _expression_bits(expression: Mapping[str, Any], table: NodeTable) -> int:
    key, operator = str(expression.get("key", "")), expression.get("operator")
    values: list[str] = list(expression.get("values") or ())
    if operator in {"In", "NotIn"}:
        found = 0
        for value in values:
            found |= table.label_bits.get((key, value), 0)
        return found if operator == "In" else ~found
    having = table.key_bits.get(key, 0)
    if operator == "Exists":
        return having
    if operator == "DoesNotExist":
        return ~having
    found = 0
    for i in bits_of(having):
        try:
            number, bound = int(table.labels[i][key]), int(values[0])
        except (ValueError, IndexError):
            continue
        if (number > bound) if operator == "Gt" else (number < bound):
            found |= 1 << i
    return found


def node_ports(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """NodePorts: host ports that are taken."""
    taken = 0
    for port in pod.ports:
        taken |= table.port_bits.get(port, 0)
    return [("node(s) didn't have free ports for the requested pod ports", taken)]


def resources_fit(pod: PodInfo, table: NodeTable, candidates: int) -> Refusals:
    """NodeResourcesFit: what is asked for must be free; only nodes still in question are compared."""
    refusals: Refusals = []
    for resource, amount in (*pod.requests, ("pods", 1)):
        limits, used = table.allocatable.get(resource), table.used.get(resource)
        full = 0
        for i in bits_of(candidates):
            if amount > (limits[i] if limits else 0) - (used[i] if used else 0):
                full |= 1 << i
        if full:
            refusals.append(("Too many pods" if resource == "pods" else f"Insufficient {resource}", full))
    return refusals


def pod_affinity(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """InterPodAffinity: required affinity and anti-affinity, also those of Pods that run already."""
    refusals: Refusals = []
    allowed = table.present
    for term in pod.affinity:
        counts = table.counts(term)
        found = 0
        for domain, count in counts.domains.items():
            if count > 0:
                found |= table.domain_bits(term.topology_key, domain)
        if counts.total == 0 and term.matches(pod.key.namespace, pod.labels):
            found = table.key_bits.get(term.topology_key, 0)
        allowed &= found
    refusals.append(("node(s) didn't match pod affinity rules", table.present & ~allowed))
    forbidden = 0
    for term in pod.anti_affinity:
        forbidden |= _occupied(table, term.topology_key, table.counts(term).domains)
    refusals.append(("node(s) didn't match pod anti-affinity rules", forbidden))
    existing = 0
    for counts in table.anti_terms():
        if counts.term.matches(pod.key.namespace, pod.labels):
            existing |= _occupied(table, counts.term.topology_key, counts.domains)
    refusals.append(("node(s) didn't satisfy existing pods anti-affinity rules", existing))
    return refusals


def _occupied(table: NodeTable, key: str, domains: dict[str, int]) -> int:
    found = 0
    for domain, count in domains.items():
        if count > 0:
            found |= table.domain_bits(key, domain)
    return found


def topology_spread(pod: PodInfo, table: NodeTable, _: int) -> Refusals:
    """PodTopologySpread: hard constraints, over the domains of nodes the Pod's node affinity allows."""
    refusals: Refusals = []
    for constraint in pod.spread:
        if not constraint.is_hard:
            continue
        key = constraint.term.topology_key
        having = table.key_bits.get(key, 0)
        missing = "node(s) didn't match pod topology spread constraints (missing required label)"
        refusals.append((missing, table.present & ~having))
        eligible = having & ~node_affinity(pod, table, 0)[0][1]
        domains = {table.labels[i][key] for i in bits_of(eligible)}
        counts = table.counts(constraint.term).domains
        least = min((counts.get(domain, 0) for domain in domains), default=0) if len(domains) >= constraint.min_domains else 0
        own = int(constraint.term.matches(pod.key.namespace, pod.labels))
        crowded = 0
        for domain in domains:
            if counts.get(domain, 0) + own - least > constraint.max_skew:
                crowded |= table.domain_bits(key, domain)
        refusals.append(("node(s) didn't match pod topology spread constraints", crowded))
    return refusals


FILTERS: tuple[Filter, ...] = (
    node_unschedulable, taint_toleration, node_affinity, node_ports, resources_fit, topology_spread, pod_affinity,
)  # fmt: skip
"""In upstream's order."""

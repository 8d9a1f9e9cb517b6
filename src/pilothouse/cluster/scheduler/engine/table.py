"""All nodes as columns.

Node i is bit i of every bitset: for each label pair, label key, taint and host port there is one integer whose bits are the
nodes that have it, so a filter is a few AND operations over all nodes at once. Amounts are lists indexed by node. For each
affinity term in use, matching Pods are counted per topology domain as Pods come and go, never by searching Pods.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.api.meta import Tree, labels_of, name_of
from pilothouse.api.quantity import to_milli, to_whole
from pilothouse.cluster.scheduler.engine.podinfo import AffinityTerm, PodInfo

Taint = tuple[str, str, str]


def bits_of(mask: int) -> Iterator[int]:
    """Yield the positions of the set bits, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class TermCounts:
    """How many Pods match one term, per value of its topology key."""

    __slots__ = ("domains", "term", "total")

    def __init__(self, term: AffinityTerm) -> None:
        """Begin with no Pods."""
        self.term = term
        self.domains: dict[str, int] = {}
        self.total = 0

    def add(self, domain: str, amount: int) -> None:
        """Count a Pod in (amount 1) or out (amount -1) of `domain`."""
        self.domains[domain] = self.domains.get(domain, 0) + amount
        self.total += amount


class NodeTable:
    """Columns over nodes. A removed node keeps its position, unused, until it is reused."""

    def __init__(self) -> None:
        """Begin without nodes."""
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self.present = 0
        self.schedulable = 0
        self.labels: list[dict[str, str]] = []
        self.label_bits: dict[tuple[str, str], int] = {}
        self.key_bits: dict[str, int] = {}
        self.taint_bits: dict[Taint, int] = {}
        self.port_bits: dict[tuple[str, int], int] = {}
        self.image_bits: dict[str, int] = {}
        self.allocatable: dict[str, list[int]] = {}
        self.used: dict[str, list[int]] = {}
        self.pods: dict[str, PodInfo] = {}
        self._on_node: list[dict[str, PodInfo]] = []
        self._terms: dict[AffinityTerm, TermCounts] = {}
        self._anti: dict[AffinityTerm, TermCounts] = {}
        self._free: list[int] = []

    # --- nodes

    def put_node(self, tree: Tree) -> None:
        """Add or update a node."""
        name = name_of(tree)
        i = self.index.get(name)
        if i is None:
            i = self._new_position(name)
        else:
            self._count_node_pods(i, -1)
            self._clear_bits(i)
        bit = 1 << i
        self.present |= bit
        self.labels[i] = dict(labels_of(tree))
        for key, value in self.labels[i].items():
            self.label_bits[(key, value)] = self.label_bits.get((key, value), 0) | bit
            self.key_bits[key] = self.key_bits.get(key, 0) | bit
        spec = tree.get("spec") or {}
        for raw in spec.get("taints") or ():
            taint = (str(raw.get("key", "")), str(raw.get("value", "")), str(raw.get("effect", "")))
            self.taint_bits[taint] = self.taint_bits.get(taint, 0) | bit
        if not spec.get("unschedulable"):
            self.schedulable |= bit
        status = tree.get("status") or {}
        for image in status.get("images") or ():
            for image_name in image.get("names") or ():
                self.image_bits[image_name] = self.image_bits.get(image_name, 0) | bit
        self._set_allocatable(i, status.get("allocatable") or {})
        self._count_node_pods(i, 1)

    def _new_position(self, name: str) -> int:
        if self._free:
            i = self._free.pop()
            self.names[i] = name
        else:
            i = len(self.names)
            self.names.append(name)
            self.labels.append({})
            self._on_node.append({})
            for column in (*self.allocatable.values(), *self.used.values()):
                column.append(0)
        self.index[name] = i
        return i

    def _column(self, columns: dict[str, list[int]], resource: str) -> list[int]:
        column = columns.get(resource)
        if column is None:
            column = columns[resource] = [0] * len(self.names)
        return column

    def _set_allocatable(self, i: int, amounts: dict[str, Any]) -> None:
        for column in self.allocatable.values():
            column[i] = 0
        for resource, text in amounts.items():
            amount = to_milli(text) if resource == "cpu" else to_whole(text)
            self._column(self.allocatable, resource)[i] = amount

    def _clear_bits(self, i: int) -> None:
        keep = ~(1 << i)
        self.present &= keep
        self.schedulable &= keep
        for column in (self.label_bits, self.key_bits, self.taint_bits, self.image_bits):
            for key in [key for key, mask in column.items() if mask >> i & 1]:
                column[key] &= keep  # type: ignore[index]

    def remove_node(self, name: str) -> None:
        """Forget a node and what its Pods held, so that the next node at its position begins empty."""
        i = self.index.get(name)
        if i is None:
            return
        for uid in list(self._on_node[i]):
            self.remove_pod(uid)
        self._clear_bits(i)
        del self.index[name]
        self.labels[i] = {}
        self._free.append(i)

    # --- pods

    def put_pod(self, pod: PodInfo) -> None:
        """Account for a Pod on its node; an earlier state of the same Pod is replaced."""
        self.remove_pod(pod.uid)
        if not pod.node or pod.is_terminated:
            return
        self.pods[pod.uid] = pod
        i = self.index.get(pod.node)
        if i is not None:
            self._on_node[i][pod.uid] = pod
            self._account(i, pod, 1)

    def remove_pod(self, uid: str) -> None:
        """Give back what a Pod held."""
        pod = self.pods.pop(uid, None)
        i = None if pod is None else self.index.get(pod.node)
        if pod is not None and i is not None and self._on_node[i].pop(uid, None) is not None:
            self._account(i, pod, -1)

    def _account(self, i: int, pod: PodInfo, sign: int) -> None:
        for resource, amount in pod.requests:
            self._column(self.used, resource)[i] += sign * amount
        self._column(self.used, "pods")[i] += sign
        for port in pod.ports:
            bit = 1 << i
            self.port_bits[port] = self.port_bits.get(port, 0) | bit if sign > 0 else self.port_bits.get(port, 0) & ~bit
        self._count_terms(i, pod, sign)

    def _count_node_pods(self, i: int, sign: int) -> None:
        for pod in self._on_node[i].values():
            self._count_terms(i, pod, sign)

    def _count_terms(self, i: int, pod: PodInfo, sign: int) -> None:
        labels = self.labels[i]
        for term, counts in self._terms.items():
            domain = labels.get(term.topology_key)
            if domain is not None and term.matches(pod.key.namespace, pod.labels):
                counts.add(domain, sign)
        for term in pod.anti_affinity:
            domain = labels.get(term.topology_key)
            if domain is not None:
                self._anti.setdefault(term, TermCounts(term)).add(domain, sign)

    # --- terms

    def counts(self, term: AffinityTerm) -> TermCounts:
        """Return the counter of a term, made from the Pods present on first use."""
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = TermCounts(term)
            for i, pods in enumerate(self._on_node):
                domain = self.labels[i].get(term.topology_key)
                if domain is not None:
                    for pod in pods.values():
                        if term.matches(pod.key.namespace, pod.labels):
                            found.add(domain, 1)
        return found

    def anti_terms(self) -> Iterator[TermCounts]:
        """Yield the anti-affinity terms of Pods that run, with the domains they forbid."""
        for counts in self._anti.values():
            if counts.total:
                yield counts

    def domain_bits(self, key: str, domain: str) -> int:
        """Return the nodes whose label `key` is `domain`."""
        return self.label_bits.get((key, domain), 0)

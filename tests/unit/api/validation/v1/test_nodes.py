"""Nodes and Namespaces."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.nodes import namespace, namespace_finalize, namespace_status, node, node_update
from tests.unit.api.validation.specimens import worded

_T = "metadata.taints[0]"
_BAD = "name is neither a standard finalizer name nor is it fully qualified"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}], "podCIDR": "10.0.0.0/24"}}, []),
        ({"spec": {"taints": [{"key": "a"}]}}, [f"{_T}.effect: Required value"]),
        ({"spec": {"taints": [{"key": "a", "effect": "X"}]}}, [
            f'{_T}.effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
        ]),
        ({"spec": {"taints": [{"key": "a", "effect": "NoSchedule", "value": "-"}]}}, 1),
        ({"spec": {"podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}}, [
            'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family'
        ]),
        ({"status": {"capacity": {"pods": "1500m"}}}, ['status.capacity.pods: Invalid value: "1500m": must be an integer']),
    ],
)  # fmt: skip
def test_a_node(obj: dict[str, Any], expected: Any) -> None:
    found = worded(node(obj))
    assert (len(found) if isinstance(expected, int) else found) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"spec": {"providerID": "a", "podCIDRs": ["10.0.0.0/24"]}}, []),
        ({"spec": {"providerID": "a"}}, {"spec": {"providerID": "b"}}, [
            'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'
        ]),
        ({"spec": {"podCIDRs": ["10.0.0.0/24"]}}, {}, [
            'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'
        ]),
        ({}, {"status": {"addresses": [{"type": "Hostname", "address": "a"}] * 2}}, [
            'status.addresses[1]: Duplicate value: {"Type":"Hostname","Address":"a"}'
        ]),
    ],
)  # fmt: skip
def test_what_of_a_node_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert worded(node_update(new, old)) == expected


def test_what_keeps_a_namespace() -> None:
    obj = {"spec": {"finalizers": ["kubernetes", "a.com/b", "x"]}}
    assert worded(namespace(obj)) == [f'spec.finalizers: Invalid value: "x": {_BAD}']
    assert worded(namespace_finalize(obj, {})) == [f'spec.finalizers[2]: Invalid value: "x": {_BAD}']


@pytest.mark.parametrize(
    ("phase", "is_ending", "good"), [("Active", False, True), ("Terminating", False, False), ("", True, True)]
)
def test_phases(phase: str, is_ending: bool, good: bool) -> None:
    meta = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if is_ending else {}
    assert (not namespace_status({"metadata": meta, "status": {"phase": phase}}, {})) is good

"""Rows of storage, policy and cluster kinds."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.tables import cluster

BETA = "volume.beta.kubernetes.io/storage-class"


def obj(notes: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "annotations": notes or {}}, **fields}


@pytest.mark.parametrize(
    ("notes", "spec", "expected"),
    [
        ({}, {}, ["", "", "", "<unset>"]),
        ({BETA: ""}, {"storageClassName": "a", "volumeAttributesClassName": "b"}, ["", "", "", "b"]),
        ({}, {"storageClassName": "a", "volumeName": "v"}, ["0", "", "a", "<unset>"]),
    ],
)
def test_a_claim(notes: dict[str, str], spec: dict[str, Any], expected: list[str]) -> None:
    assert cluster.claim(obj(notes, spec=spec, status={"phase": "Pending"}), 0)[3:7] == expected


@pytest.mark.parametrize("domain", ["storageclass.kubernetes.io", "storageclass.beta.kubernetes.io"])
def test_the_default_class(domain: str) -> None:
    assert cluster.storage_class(obj({f"{domain}/is-default-class": "true"}), 0)[0] == "x (default)"


@pytest.mark.parametrize(
    ("target", "expected"), [({"kind": "Pod", "name": "a"}, "pod/a"), ({"kind": "Pod"}, "pod"), ({"name": "a"}, "/a")]
)
def test_what_an_event_is_about(target: dict[str, str], expected: str) -> None:
    assert cluster.event(obj(involvedObject=target), 0)[3] == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"name": "a"}, "*/a"),
        ({"name": "a", "namespace": "b"}, "b/a"),
        ({"selector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "In", "values": ["d", "e"]}]}},
         ("&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{"
         "LabelSelectorRequirement{Key:c,Operator:In,Values:[d e],},},}")),
        ({}, "<unset>"),
    ],
)  # fmt: skip
def test_parameters_of_a_policy(reference: dict[str, Any], expected: str) -> None:
    assert cluster.policy_binding(obj(spec={"policyName": "p", "paramRef": reference}), 0)[2] == expected

"""What the server itself sets on objects of a kind."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.registry import strategies

SCHEME = Scheme()
_ROLLING: dict[str, Any] = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}}
_ELECTED = {"holderIdentity": "a", "strategy": "OldestEmulationVersion", "preferredHolder": "b"}


def _prepared(group: str, plural: str, spec: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    resource = SCHEME.resource(group, "v1", plural)
    assert resource is not None
    obj = {"metadata": {"name": "x"}, "spec": {**spec}}
    if old is None:
        strategies.prepare_create(resource, obj)
    else:
        strategies.prepare_update(resource, obj, {"metadata": {"name": "x"}, "spec": old})
    found: dict[str, Any] = obj["spec"]
    return found


@pytest.mark.parametrize(("old", "kept"), [(None, False), ({"updateStrategy": {}}, False), (_ROLLING, True)])
def test_a_limit_that_is_off_is_dropped_unless_it_is_there(old: Any, kept: bool) -> None:
    rolling = {**_ROLLING["updateStrategy"]["rollingUpdate"]}
    found = _prepared("apps", "statefulsets", {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}, old)
    assert ("maxUnavailable" in found["updateStrategy"]["rollingUpdate"]) is kept


@pytest.mark.parametrize(("old", "kept"), [(None, False), (_ELECTED, True)])
def test_a_lease_says_nothing_of_coordinated_elections(old: Any, kept: bool) -> None:
    found = _prepared("coordination.k8s.io", "leases", _ELECTED, old)
    assert ("strategy" in found, "preferredHolder" in found) == (kept, kept)


_CLAIM = {"kind": "PersistentVolumeClaim", "name": "a"}
_OTHER = {"apiGroup": "a.example", "kind": "A", "name": "a"}
_FAR = {**_CLAIM, "namespace": "b"}


@pytest.mark.parametrize(
    ("spec", "old", "expected"),
    [
        ({"dataSource": _CLAIM}, None, {"dataSource": _CLAIM, "dataSourceRef": _CLAIM}),
        ({"dataSourceRef": _OTHER}, None, {"dataSource": _OTHER, "dataSourceRef": _OTHER}),
        ({"dataSource": _OTHER}, None, {}),
        ({"dataSourceRef": _FAR}, None, {}),
        ({"dataSourceRef": _FAR}, {"dataSourceRef": _FAR}, {"dataSourceRef": _FAR}),
        ({"dataSource": _CLAIM}, {}, {"dataSource": _CLAIM}),
        ({"dataSource": _OTHER}, {"dataSource": _OTHER}, {"dataSource": _OTHER}),
    ],
)
def test_the_source_of_a_claim(spec: Any, old: Any, expected: Any) -> None:
    assert _prepared("", "persistentvolumeclaims", spec, old) == expected


def _written(group: str, plural: str, obj: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    resource = SCHEME.resource(group, "v1", plural)
    assert resource is not None
    found: dict[str, Any] = {"metadata": {"name": "x"}, **obj}
    if old is None:
        strategies.prepare_create(resource, found)
    else:
        strategies.prepare_update(resource, found, {"metadata": {"name": "x", "generation": 1}, **old})
    return found


def test_an_account_refers_to_secrets_by_name() -> None:
    found = _written("", "serviceaccounts", {"secrets": [{"name": "a", "kind": "Secret"}, {"kind": "Secret"}]})
    assert found["secrets"] == [{"name": "a"}, {}]


def test_a_node_registers_with_a_status() -> None:
    status = {"capacity": {"cpu": "1"}}
    assert _written("", "nodes", {"status": status})["status"] == status
    assert _written("", "nodes", {"status": {}}, {"status": status})["status"] == status


def test_a_slice_says_nothing_of_former_topology_and_counts_its_labels() -> None:
    def endpoints() -> list[Any]:
        return [{"addresses": ["10.0.0.1"], "deprecatedTopology": {"a": "b"}}]

    assert "deprecatedTopology" not in _written("discovery.k8s.io", "endpointslices", {"endpoints": endpoints()})["endpoints"][0]
    old = {"endpoints": endpoints()}
    kept = _written("discovery.k8s.io", "endpointslices", {"endpoints": endpoints()}, old)
    assert ("deprecatedTopology" in kept["endpoints"][0], kept["metadata"]["generation"]) == (True, 1)
    labelled = _written("discovery.k8s.io", "endpointslices", {**old, "metadata": {"labels": {"a": "b"}}}, old)
    assert labelled["metadata"]["generation"] == 2

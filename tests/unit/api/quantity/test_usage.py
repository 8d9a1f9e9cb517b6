"""What objects use."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.quantity.usage import is_counted, unspecified, usage_of

POD: dict[str, Any] = {
    "metadata": {},
    "spec": {
        "containers": [
            {
                "name": "c",
                "resources": {"requests": {"cpu": "100m", "hugepages-2Mi": "2Mi", "a.io/gpu": "1"}, "limits": {"memory": "1Gi"}},
            }
        ]
    },
}


def test_a_pod_uses_what_it_asks_for_until_it_ends() -> None:
    assert usage_of("", "pods", POD, 0.0) == {
        "count/pods": "1", "pods": "1", "cpu": "100m", "requests.cpu": "100m", "limits.memory": "1Gi",
        "hugepages-2Mi": "2Mi", "requests.hugepages-2Mi": "2Mi", "requests.a.io/gpu": "1",
    }  # fmt: skip
    assert usage_of("", "pods", {**POD, "status": {"phase": "Failed"}}, 0.0) == {"count/pods": "1"}
    leaving = {**POD, "metadata": {"deletionTimestamp": "1970-01-01T00:00:10Z", "deletionGracePeriodSeconds": 30}}
    assert "pods" in usage_of("", "pods", leaving, 39.0) and "pods" not in usage_of("", "pods", leaving, 41.0)


@pytest.mark.parametrize(
    ("spec", "ports", "balancers"),
    [
        ({"type": "ClusterIP"}, "0", "0"),
        ({"type": "NodePort"}, "2", "0"),
        ({"type": "LoadBalancer"}, "2", "1"),
        ({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}, "1", "1"),
    ],
)
def test_services_use_node_ports_by_their_type(spec: dict[str, Any], ports: str, balancers: str) -> None:
    service = {"metadata": {}, "spec": {"ports": [{"port": 1}, {"port": 2, "nodePort": 30000}], **spec}}
    assert usage_of("", "services", service, 0.0) == {
        "count/services": "1", "services": "1", "services.nodeports": ports, "services.loadbalancers": balancers,
    }  # fmt: skip


def test_claims_use_whole_bytes_of_their_class() -> None:
    claim = {"metadata": {}, "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "1500m"}}}}
    found = usage_of("", "persistentvolumeclaims", claim, 0.0)
    assert found["requests.storage"] == found["gold.storageclass.storage.k8s.io/requests.storage"] == "2"
    assert found["gold.storageclass.storage.k8s.io/persistentvolumeclaims"] == found["persistentvolumeclaims"] == "1"


@pytest.mark.parametrize(
    ("name", "group", "plural", "counts"),
    [
        ("count/deployments.apps", "apps", "deployments", True),
        ("configmaps", "", "configmaps", True),
        ("requests.nvidia.com/gpu", "", "pods", True),
        ("requests.storage", "", "pods", False),
        ("requests.storage", "", "persistentvolumeclaims", True),
        ("gold.storageclass.storage.k8s.io/requests.storage", "", "persistentvolumeclaims", True),
        ("services.nodeports", "", "services", True),
        ("deployments", "apps", "deployments", False),
    ],
)
def test_names_belong_to_resources(name: str, group: str, plural: str, counts: bool) -> None:
    assert is_counted(name, group, plural) is counts


def test_a_limited_resource_must_be_stated_by_each_container_or_the_pod() -> None:
    pod: dict[str, Any] = {"spec": {"containers": [{"name": "b"}, {"name": "a"}]}}
    assert unspecified(pod, ["limits.cpu", "memory", "requests.ephemeral-storage"]) == "limits.cpu for: a,b; memory for: a,b"
    pod["spec"]["resources"] = {"limits": {"cpu": "1"}}
    assert unspecified(pod, ["limits.cpu"]) == ""

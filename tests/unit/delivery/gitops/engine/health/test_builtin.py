"""Built-in kinds: retired versions, the deletion rule, and hostile objects."""

import random

import pytest

from pilothouse.delivery.gitops.engine.health import STATUSES, Health, health_of
from tests.unit.delivery.gitops.engine.health.test_rules import WHOLE, spoil

KINDS = [
    "v1/Pod", "v1/Service", "v1/PersistentVolumeClaim", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet",
    "apps/v1/ReplicaSet", "batch/v1/Job", "networking.k8s.io/v1/Ingress", "apiregistration.k8s.io/v1/APIService",
    "argoproj.io/v1alpha1/Workflow", "autoscaling/v2/HorizontalPodAutoscaler", "autoscaling/v1/HorizontalPodAutoscaler",
]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_hostile_objects_get_a_sane_verdict(name: str) -> None:
    api_version, _, kind = name.rpartition("/")
    chance = random.Random(name)
    for _ in range(200):
        spoiled = spoil(chance, WHOLE)
        tree = {**(spoiled if isinstance(spoiled, dict) else {}), "apiVersion": api_version, "kind": kind}
        verdict = health_of(tree)
        assert verdict is not None
        assert verdict.status in STATUSES


def test_what_is_deleted_is_on_its_way() -> None:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert health_of(tree) == Health("Progressing", "Pending deletion")
    tree["metadata"]["finalizers"] = ["argocd.argoproj.io/hook-finalizer"]  # type: ignore[index]
    assert health_of(tree) is None


def test_a_retired_version_is_not_judged() -> None:
    verdict = health_of({"apiVersion": "apps/v1beta1", "kind": "Deployment"})
    assert verdict == Health("Unknown", "unsupported Deployment GVK: apps/v1beta1, Kind=Deployment")

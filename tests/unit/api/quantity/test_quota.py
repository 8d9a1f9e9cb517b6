"""What quotas say."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.quantity.quota import Subject, in_scope, released, review, total


def _quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    status = {"hard": hard, "used": dict.fromkeys(hard, "0") if used is None else used}
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": status}


def _pod(**spec: Any) -> dict[str, Any]:
    resources = {"requests": {"memory": "64Mi"}}
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": resources}], **spec}}


def _service(kind: str) -> dict[str, Any]:
    return {"metadata": {}, "spec": {"type": kind, "ports": [{"port": 1}]}}


def test_what_fits_is_added_and_the_rest_kept() -> None:
    quota = _quota({"pods": "2", "memory": "1Gi", "secrets": "1"}, {"pods": "1", "memory": "1Mi", "secrets": "0"})
    assert review(quota, Subject("", "pods", _pod()), 0.0) == ("", {"pods": "2", "memory": "65Mi", "secrets": "0"})
    assert review(quota, Subject("", "configmaps", {"metadata": {}}), 0.0) == ("", None)


@pytest.mark.parametrize(
    ("quota", "why"),
    [
        (_quota({"pods": "1"}, {"pods": "1"}), "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"),
        (_quota({"requests.cpu": "1"}), "failed quota: q: must specify requests.cpu for: c"),
        (_quota({"pods": "1", "secrets": "1"}, {}), "status unknown for quota: q, resources: pods"),
    ],
)
def test_what_does_not_fit_is_refused(quota: dict[str, Any], why: str) -> None:
    assert review(quota, Subject("", "pods", _pod()), 0.0) == (why, None)


def test_a_change_is_charged_for_what_it_adds() -> None:
    quota = _quota({"services": "1", "services.nodeports": "1"}, {"services": "1", "services.nodeports": "0"})
    changed = Subject("", "services", _service("NodePort"), _service("ClusterIP"))
    assert review(quota, changed, 0.0) == ("", {"services": "1", "services.nodeports": "1"})
    assert review(quota, Subject("", "services", _service("ClusterIP"), _service("NodePort")), 0.0) == ("", None)


def test_a_charge_is_taken_back_from_whatever_is_used_by_then() -> None:
    assert released({"pods": "5", "cpu": "1"}, {"pods": "1", "cpu": "500m"}, {"pods": "2", "cpu": "1"}) == {
        "pods": "4", "cpu": "500m",
    }  # fmt: skip
    assert released({"pods": "0"}, {"pods": "1"}, {"pods": "2"}) == {"pods": "0"}


@pytest.mark.parametrize(
    ("spec", "pod", "holds"),
    [
        ({"scopes": ["BestEffort"]}, _pod(), False),
        ({"scopes": ["NotBestEffort"]}, _pod(), True),
        ({"scopes": ["Terminating"]}, _pod(activeDeadlineSeconds=5), True),
        ({"scopes": ["NotTerminating", "BestEffort"]}, _pod(), False),
        ({"scopes": ["CrossNamespacePodAffinity"]}, _pod(), False),
    ],
)
def test_scopes(spec: dict[str, Any], pod: dict[str, Any], holds: bool) -> None:
    assert in_scope(_quota({"pods": "1"}, **spec), "", "pods", pod) is holds


@pytest.mark.parametrize(
    ("operator", "values", "name", "holds"),
    [
        ("In", ["high"], "high", True),
        ("In", ["high"], "", False),
        ("NotIn", ["high"], "", True),
        ("NotIn", ["high"], "high", False),
        ("Exists", [], "low", True),
        ("DoesNotExist", [], "low", False),
    ],
)
def test_priority_classes_select_pods(operator: str, values: list[str], name: str, holds: bool) -> None:
    expression = {"scopeName": "PriorityClass", "operator": operator, "values": values}
    quota = _quota({"pods": "1"}, scopeSelector={"matchExpressions": [expression]})
    assert in_scope(quota, "", "pods", _pod(priorityClassName=name)) is holds
    assert not in_scope(quota, "", "services", _service("ClusterIP"))


def test_claims_are_selected_by_their_attribute_classes() -> None:
    expression = {"scopeName": "VolumeAttributesClass", "operator": "In", "values": ["fast"]}
    quota = _quota({"persistentvolumeclaims": "1"}, scopeSelector={"matchExpressions": [expression]})
    claim = {"metadata": {}, "spec": {}, "status": {"currentVolumeAttributesClassName": "fast"}}
    assert in_scope(quota, "", "persistentvolumeclaims", claim)


def test_affinity_to_other_namespaces_is_a_scope() -> None:
    term = {"podAffinityTerm": {"namespaces": ["x"]}}
    affinity = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}
    assert in_scope(_quota({"pods": "1"}, scopes=["CrossNamespacePodAffinity"]), "", "pods", _pod(affinity=affinity))


def test_totals_count_what_is_in_scope_and_only_known_resources() -> None:
    quota = _quota({"pods": "9", "memory": "1Gi", "count/deployments.apps": "1", "count/ghosts.x": "1"}, scopes=["NotBestEffort"])
    objects = {("", "pods"): [_pod(), _pod(containers=[{"name": "c"}]), _pod()], ("apps", "deployments"): []}
    assert total(quota, objects, 0.0) == {"pods": "2", "memory": "128Mi", "count/deployments.apps": "0"}

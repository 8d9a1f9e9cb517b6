"""Deployments, ReplicaSets, ReplicationControllers and DaemonSets."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.apps.replicas import (
    daemon_set,
    deployment,
    replica_set,
    replication_controller,
    selector_update,
)

_POD = {
    "containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}], "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
}  # fmt: skip


def _workload(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": _POD}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    base = {"selector": {"matchLabels": {"a": "b"}}, "template": template, "strategy": rolling, "updateStrategy": rolling}
    return {"metadata": {"name": "w"}, "spec": {**base, **spec}}


@pytest.mark.parametrize("check", [deployment, replica_set, daemon_set])
def test_what_is_right(check: Any) -> None:
    assert check(_workload()) == []
    assert replication_controller(_workload(selector={"a": "b"})) == []


@pytest.mark.parametrize(
    ("check", "spec", "paths"),
    [
        (deployment, {"replicas": -1, "revisionHistoryLimit": -1}, ["spec.replicas", "spec.revisionHistoryLimit"]),
        (deployment, {"progressDeadlineSeconds": -1}, ["spec.progressDeadlineSeconds"] * 2),
        (replica_set, {"minReadySeconds": -1, "selector": None}, ["minReadySeconds", "selector", "template.metadata.labels"]),
        (daemon_set, {"selector": None}, ["spec.template.metadata.labels"]),
        (daemon_set, {"selector": {}}, ["spec.selector"]),
        (daemon_set, {"revisionHistoryLimit": -1, "minReadySeconds": -1}, ["spec.minReadySeconds", "spec.revisionHistoryLimit"]),
        (replication_controller, {"selector": {"x": "y"}}, ["spec.template.metadata.labels"]),
    ],
)
def test_what_is_wrong(check: Any, spec: dict[str, Any], paths: list[str]) -> None:
    assert [error.path.removeprefix("spec.") for error in check(_workload(**spec))] == [p.removeprefix("spec.") for p in paths]


@pytest.mark.parametrize("times", [1, 2])
def test_a_selector_stays(times: int) -> None:
    new = _workload(selector={"matchLabels": {"a": "b"}, "matchExpressions": []}, replicas=-1)
    errors = selector_update(replica_set, times)(new, _workload())
    assert [error.path for error in errors] == [*["spec.replicas"] * times, "spec.selector"]

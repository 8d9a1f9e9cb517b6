"""Defaults."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pilothouse.api.defaults import apply_defaults

POD_SPEC = {"containers": [{"name": "c", "image": "nginx:1", "ports": [{"containerPort": 80}]}]}


def filled(group: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    obj: dict[str, Any] = {"metadata": {"name": "x", "namespace": "default"}, "spec": copy.deepcopy(spec)}
    apply_defaults(group, kind, obj)
    return obj


def test_a_pod() -> None:
    spec = filled("", "Pod", POD_SPEC)["spec"]
    container = spec["containers"][0]
    assert (spec["restartPolicy"], spec["dnsPolicy"], spec["terminationGracePeriodSeconds"]) == ("Always", "ClusterFirst", 30)
    assert (container["imagePullPolicy"], container["ports"][0]["protocol"]) == ("IfNotPresent", "TCP")


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("a", "Always"),
        ("a:latest", "Always"),
        ("a:1", "IfNotPresent"),
        ("r:5000/a", "Always"),
        ("a@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_an_image_without_a_fixed_tag_is_always_pulled(image: str, policy: str) -> None:
    spec = filled("", "Pod", {"containers": [{"name": "c", "image": image}]})["spec"]
    assert spec["containers"][0]["imagePullPolicy"] == policy


def test_a_deployment() -> None:
    spec = filled("apps", "Deployment", {"template": {"spec": POD_SPEC}})["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (1, 10, 600)
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}


def test_limits_are_requests_too() -> None:
    spec = filled("", "Pod", {"containers": [{"name": "c", "image": "a", "resources": {"limits": {"cpu": "1"}}}]})["spec"]
    assert spec["containers"][0]["resources"]["requests"] == {"cpu": "1"}


@pytest.mark.parametrize(
    ("group", "kind", "spec"),
    [("", "Pod", POD_SPEC), ("apps", "Deployment", {"template": {"spec": POD_SPEC}}), ("", "Service", {"ports": [{"port": 80}]}),
     ("batch", "Job", {"template": {"spec": POD_SPEC}}), ("apps", "StatefulSet", {"template": {"spec": POD_SPEC}})],
)  # fmt: skip
def test_defaults_are_stable(group: str, kind: str, spec: dict[str, Any]) -> None:
    once = filled(group, kind, spec)
    twice = copy.deepcopy(once)
    apply_defaults(group, kind, twice)
    assert twice == once


@pytest.mark.parametrize(
    ("strategy", "filled"),
    [
        ({}, {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        ({"type": "RollingUpdate"}, {"type": "RollingUpdate"}),
        ({"type": "RollingUpdate", "rollingUpdate": {}}, {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        ({"type": "OnDelete"}, {"type": "OnDelete"}),
    ],
)
def test_the_strategy_of_a_stateful_set(strategy: dict[str, Any], filled: dict[str, Any]) -> None:
    obj: dict[str, Any] = {"metadata": {}, "spec": {"updateStrategy": strategy}}
    apply_defaults("apps", "StatefulSet", obj)
    assert obj["spec"]["updateStrategy"] == filled

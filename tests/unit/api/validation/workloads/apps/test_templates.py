"""Selectors and the templates they select."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.apps.templates import restarts, selected_template

POD = {"containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}], "restartPolicy": "Always"}
_SPEC = {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {**POD, "dnsPolicy": "ClusterFirst"}}}


@pytest.mark.parametrize(
    ("selector", "paths"),
    [
        ({"matchLabels": {"a": "b"}}, []),
        (None, ["spec.selector", "spec.template.metadata.labels"]),
        ({}, ["spec.selector"]),
        ({"matchLabels": {"a": "c"}}, ["spec.template.metadata.labels"]),
        ({"matchExpressions": [{"key": "a", "operator": "X"}]}, ["spec.selector.matchExpressions[0].operator", "spec.selector"]),
    ],
)
def test_selectors(selector: Any, paths: list[str]) -> None:
    assert [error.path for error in selected_template({**_SPEC, "selector": selector}, "K", "k", "unreadable")] == paths


@pytest.mark.parametrize(
    ("pod", "text"),
    [
        ({"restartPolicy": "Never"}, 'Unsupported value: "Never": supported values: "Always"'),
        ({"activeDeadlineSeconds": 1}, "Forbidden: activeDeadlineSeconds in DaemonSet is not Supported"),
    ],
)
def test_pods_run_for_ever(pod: dict[str, Any], text: str) -> None:
    (error,) = restarts({"template": {"spec": pod}}, "DaemonSet")
    assert error.text() == text

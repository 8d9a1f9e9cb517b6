"""Rules of StatefulSets."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.apps.statefulsets import stateful_set, stateful_set_update

_POD = {
    "containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}], "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
}  # fmt: skip


def _set(**spec: Any) -> dict[str, Any]:
    base = {
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": _POD},
        "podManagementPolicy": "Parallel", "updateStrategy": {"type": "RollingUpdate"},
    }  # fmt: skip
    return {"metadata": {"name": "w"}, "spec": {**base, **spec}}


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"podManagementPolicy": ""}, "podManagementPolicy", "Required value"),
        ({"podManagementPolicy": "X"}, "podManagementPolicy", "must be 'OrderedReady' or 'Parallel'"),
        (
            {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "X"}}, "persistentVolumeClaimRetentionPolicy.whenDeleted",
            'Unsupported value: "X": supported values: "Retain", "Delete"',
        ),
        ({"ordinals": {"start": -1}}, "ordinals.start", "-1: must be greater than or equal to 0"),
        ({"revisionHistoryLimit": -1}, "revisionHistoryLimit", "-1: must be greater than or equal to 0"),
        ({"serviceName": "a.b"}, "serviceName", '"a.b": must not contain dots'),
        ({"selector": {}}, "selector", "Invalid value: {}: empty selector is invalid for statefulset"),
        (
            {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {**_POD, "activeDeadlineSeconds": 1}}},
            "template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in StatefulSet is not Supported",
        ),
    ],
)  # fmt: skip
def test_the_spec(spec: dict[str, Any], path: str, text: str) -> None:
    (error,) = stateful_set(_set(**spec))
    assert error.path == f"spec.{path}"
    assert text in error.text()


def test_most_of_a_spec_stays() -> None:
    errors = stateful_set_update(_set(podManagementPolicy="OrderedReady", replicas=-1), _set(serviceName="a.b"))
    assert [error.path for error in errors] == ["spec.replicas", "spec"]
    assert stateful_set_update(_set(serviceName="a.b", replicas=3), _set(serviceName="a.b")) == []

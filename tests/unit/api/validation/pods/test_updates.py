"""Changes of Pods."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod_update
from tests.unit.api.validation.specimens import CONTAINER, pod, worded

_R = "requiredDuringSchedulingIgnoredDuringExecution"
_GATED = {"schedulingGates": [{"name": "g"}]}


def _nodes(*keys: str) -> dict[str, Any]:
    expressions = [{"key": key, "operator": "Exists"} for key in keys]
    return {"nodeAffinity": {_R: {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"activeDeadlineSeconds": 5, "tolerations": [{"operator": "Exists"}]}, []),
        ({"activeDeadlineSeconds": 5}, {}, ["spec.activeDeadlineSeconds"]),
        ({"activeDeadlineSeconds": 5}, {"activeDeadlineSeconds": 6, "nodeName": "n"}, ["spec.activeDeadlineSeconds"]),
        ({}, {"tolerations": [{"operator": "X", "key": "k"}]}, ["spec.tolerations[0].operator"] * 2),
        ({"tolerations": [{"operator": "Exists"}]}, {}, ["spec.tolerations"]),
        ({}, {"initContainers": [{**CONTAINER, "name": "i"}]}, ["spec.initContainers"]),
        ({}, {"nodeSelector": {"a": "b"}}, ["spec"]),
        (_GATED, {"nodeSelector": {"a": "b"}}, []),
        ({**_GATED, "nodeSelector": {"a": "b"}}, {"nodeSelector": {"a": "c"}}, ["spec.nodeSelector"]),
        ({**_GATED, "affinity": _nodes("a")}, {"affinity": _nodes("a", "b")}, []),
        (
            {**_GATED, "affinity": _nodes("a")},
            {"affinity": _nodes("b")},
            [f"spec.affinity.nodeAffinity.{_R}.nodeSelectorTerms[0]"],
        ),
    ],
)
def test_what_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    kept = {**({} if "schedulingGates" not in old else {"schedulingGates": old["schedulingGates"]}), **new}
    assert [finding.path for finding in pod_update(pod(**kept), pod(**old))] == expected


def test_images_change_but_do_not_go() -> None:
    assert pod_update(pod({"image": "y"}), pod()) == []
    assert worded(pod_update(pod({"image": ""}), pod())) == ["spec.containers[0].image: Required value"] * 2

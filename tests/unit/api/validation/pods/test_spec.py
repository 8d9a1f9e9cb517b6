"""The spec of a Pod as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from pilothouse.api.validation.pods import pod_template
from tests.unit.api.validation.specimens import POD, pod, worded


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"containers": []}, ["spec.containers: Required value"]),
        (
            {"preemptionPolicy": "X"},
            ['spec.preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
        ),
        (
            {"overhead": {"disk": "1"}},
            [
                'spec.overhead.limits[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
                'spec.overhead.limits[disk]: Invalid value: "disk": must be a standard resource for containers',
            ],
        ),
        (
            {"nodeName": "n", "schedulingGates": [{"name": "a"}]},
            ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
        ),
        ({"schedulingGates": [{"name": "a"}, {"name": "a"}]}, ['spec.schedulingGates[1]: Duplicate value: "a"']),
        ({"subdomain": "a.b"}, ['spec.subdomain: Invalid value: "a.b": must not contain dots']),
        (
            {"activeDeadlineSeconds": 0},
            ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
        ),
        (
            {"resources": {"requests": {"cpu": "1"}, "claims": [{"name": "a"}]}},
            ["spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level"],
        ),
        (
            {"resources": {"limits": {"ephemeral-storage": "1"}}},
            [
                (
                    'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", '
                    '"hugepages-", "memory"'
                )
            ],
        ),
        ({"os": {"name": "windows"}, "resources": {}}, ["spec.resources: Forbidden: may not be set for a windows pod"]),
        (
            {"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
            [
                (
                    "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when "
                    "serviceAccountName is not set"
                )
            ],
        ),
    ],
)
def test_a_spec(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(**spec))) == expected


def test_a_pod_asks_for_what_its_containers_ask_for() -> None:
    found = pod({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "3"}}}, resources={
        "requests": {"cpu": "1"}, "limits": {"cpu": "2"},
    })  # fmt: skip
    assert worded(check(found)) == [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
        'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2',
    ]


def test_templates_name_their_labels_without_metadata() -> None:
    template = {
        "metadata": {"labels": {"a": "-"}},
        "spec": {**POD, "ephemeralContainers": [{**POD["containers"][0], "name": "e"}]},
    }
    paths = [finding.path for finding in pod_template({"template": template})]
    assert paths == ["template.labels", "template.spec.ephemeralContainers"]

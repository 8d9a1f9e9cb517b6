"""Labels of namespaces."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.admission.podsecurity.policy import policy_of


@pytest.mark.parametrize(
    ("labels", "enforce", "warn"),
    [
        ({}, "privileged:latest", "privileged:latest"),
        ({"enforce": "baseline", "enforce-version": "v1.25"}, "baseline:v1.25", "baseline:v1.25"),
        ({"enforce": "restricted", "warn-version": "v1.30"}, "restricted:latest", "restricted:v1.30"),
        ({"enforce": "restricted", "warn": "privileged"}, "restricted:latest", "privileged:latest"),
        ({"warn": "restricted"}, "privileged:latest", "restricted:latest"),
        ({"enforce": "odd", "warn": "odd"}, "restricted:latest", "privileged:latest"),
        ({"enforce": "odd"}, "restricted:latest", "privileged:latest"),
    ],
)
def test_levels(labels: dict[str, str], enforce: str, warn: str) -> None:
    policy, _ = policy_of({f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()})
    assert (str(policy.enforce), str(policy.warn)) == (enforce, warn)


def test_what_is_wrong_is_said() -> None:
    prefix = "pod-security.kubernetes.io/"
    _, findings = policy_of({f"{prefix}audit": "odd", f"{prefix}warn-version": "1.2", f"{prefix}enforce-version": "v1.01"})
    assert [(finding.path, finding.detail) for finding in findings] == [
        (f"metadata.labels[{prefix}enforce-version]", 'must be "latest" or "v1.x"'),
        (f"metadata.labels[{prefix}audit]", "must be one of privileged, baseline, restricted"),
        (f"metadata.labels[{prefix}warn-version]", 'must be "latest" or "v1.x"'),
    ]

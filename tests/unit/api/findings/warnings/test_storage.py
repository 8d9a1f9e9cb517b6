"""Warnings about volumes and claims."""

from __future__ import annotations

from pilothouse.api.findings.warnings.storage import claim_warnings, class_warnings, fractional, volume_warnings


def test_parts_of_bytes() -> None:
    assert list(fractional({"memory": "1Gi", "ephemeral-storage": "1m", "cpu": "1m"}, "x")) == [
        'x[ephemeral-storage]: fractional byte value "1m" is invalid, must be an integer'
    ]
    claim = {"metadata": {}, "spec": {"resources": {"requests": {"storage": "1500m"}}}}
    assert list(claim_warnings(claim)) == [
        'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'
    ]


def test_volumes_of_the_past() -> None:
    notes = {"volume.beta.kubernetes.io/storage-class": "a"}
    spec = {"persistentVolumeReclaimPolicy": "Recycle", "rbd": {}, "capacity": {"storage": "1"}}
    assert list(volume_warnings({"metadata": {"annotations": notes}, "spec": spec})) == [
        (
            'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" '
            "attribute instead"
        ),
        (
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended "
            "approach is to use dynamic provisioning."
        ),
        "spec.rbd: deprecated in v1.28, non-functional in v1.31+",
    ]


def test_classes_by_renamed_labels() -> None:
    term = {"matchLabelExpressions": [{"key": "failure-domain.beta.kubernetes.io/zone", "values": ["a"]}]}
    (found,) = class_warnings({"allowedTopologies": [term]})
    assert found.startswith("allowedTopologies[0].matchLabelExpressions[0].key: failure-domain.beta.kubernetes.io/zone is depr")

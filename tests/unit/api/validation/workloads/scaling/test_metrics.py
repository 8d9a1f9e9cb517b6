"""What an autoscaler measures."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.scaling.metrics import metric, referenced

_SHARE = {"type": "Utilization", "averageUtilization": 5}
_VALUE = {"type": "Value", "value": "5"}
_NAMED = {"metric": {"name": "m"}}


@pytest.mark.parametrize(
    "found",
    [
        {"type": "Resource", "resource": {"name": "cpu", "target": _SHARE}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c", "target": _SHARE}},
        {"type": "Pods", "pods": {**_NAMED, "target": {"type": "AverageValue", "averageValue": "1"}}},
        {"type": "External", "external": {**_NAMED, "target": _VALUE}},
        {"type": "Object", "object": {**_NAMED, "target": _VALUE, "describedObject": {"kind": "k", "name": "n"}}},
    ],
)
def test_what_is_right(found: dict[str, Any]) -> None:
    assert metric(found, "m") == []


@pytest.mark.parametrize(
    ("found", "paths"),
    [
        ({}, ["type", "type", "type"]),
        ({"type": "X"}, ["type", "type"]),
        ({"type": "Resource"}, ["resource"]),
        ({"type": "Resource", "pods": {**_NAMED, "target": {"type": "AverageValue", "averageValue": "1"}}}, ["resource"]),
        ({"type": "Resource", "resource": {"name": "cpu", "target": _SHARE}, "pods": {}}, ["pods.metric.name", "pods"]),
        ({"type": "Resource", "resource": {"target": {}}}, ["name", "target.type", "target.type", "target.averageUtilization"]),
        ({"type": "Resource", "resource": {"name": "c", "target": {**_SHARE, "averageUtilization": 0}}}, ["Utilization"]),
        ({"type": "Resource", "resource": {"name": "c", "target": {**_SHARE, "averageValue": "1"}}}, ["target.averageValue"]),
        ({"type": "External", "external": {**_NAMED, "target": {**_VALUE, "averageValue": "0"}}}, ["averageValue", "value"]),
        ({"type": "Pods", "pods": {"metric": {"name": "a/b"}, "target": _VALUE}}, ["metric.name", "target.averageValue"]),
        ({"type": "Object", "object": {**_NAMED, "target": {"type": "Value"}}}, ["kind", "name", "averageValue"]),
        (
            {"type": "ContainerResource", "containerResource": {"name": "x", "container": "A", "target": _SHARE}},
            ["name", "name", "container"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong(found: dict[str, Any], paths: list[str]) -> None:
    errors = [error.path for error in metric(found, "m") if error.path != "m.pods.target.type"]
    errors = [path for path in errors if not ("pods" in found and "resource" in found and "target" in path)]
    assert len(errors) == len(paths)
    assert all(error.endswith(path) for error, path in zip(errors, paths))


@pytest.mark.parametrize(
    ("version", "text"), [("v1", "must specify API group"), ("a/b/c", "unexpected GroupVersion string: a/b/c"), ("a/v1", "")]
)
def test_versions_of_what_is_referred_to(version: str, text: str) -> None:
    errors = referenced({"kind": "k", "name": "n", "apiVersion": version}, "r", needs_group=True)
    assert [text in error.detail for error in errors] == ([True] if text else [])

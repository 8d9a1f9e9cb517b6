"""LimitRanges and ResourceQuotas."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.quotas import limit_range, resource_quota, resource_quota_status, resource_quota_update
from tests.unit.api.validation.specimens import worded

_L = "spec.limits[0]"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "Container", "max": {"cpu": "2"}}, []),
        ({"type": "X"}, [f'{_L}.type: Invalid value: "X": must be a standard limit type or fully qualified']),
        ({"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}}, [
            f'{_L}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'
        ]),
        ({"type": "Container", "min": {"cpu": "2"}, "default": {"cpu": "1"}}, [
            f'{_L}.default[cpu]: Invalid value: "2": min value 2 is greater than default value 1'
        ]),
        ({"type": "Pod", "max": {"storage": "1"}}, [
            f'{_L}.max[storage]: Invalid value: "storage": must be a standard resource for containers'
        ]),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "500m"}}, [
            f'{_L}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'
        ]),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "10"}, "min": {"cpu": "1"}, "max": {"cpu": "2"}}, [
            f'{_L}.maxLimitRequestRatio[cpu]: Invalid value: "10": ratio 10 is greater than max/min = 2.000000'
        ]),
        ({"type": "Container", "default": {"a.com/x": "2"}, "defaultRequest": {"a.com/x": "1"}}, [
            f'{_L}.defaultRequest[a.com/x]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in a.com/x'
        ]),
    ],
)  # fmt: skip
def test_a_limit(item: dict[str, Any], expected: list[str]) -> None:
    assert worded(limit_range({"spec": {"limits": [item]}})) == expected


def _selector(**expression: Any) -> dict[str, Any]:
    return {"scopeSelector": {"matchExpressions": [expression]}}


_M = "spec.scopeSelector.matchExpressions"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"hard": {"count/pods": "1", "requests.cpu": "1"}, "scopes": ["NotBestEffort"]}, []),
        ({"hard": {"x": "1"}}, [
            'spec.hard[x]: Invalid value: "x": must be a standard resource type or fully qualified',
            'spec.hard[x]: Invalid value: "x": must be a standard resource for quota',
        ]),
        ({"hard": {"pods": "1500m"}}, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']),
        ({"hard": {"services": "1", "secrets": "1"}, "scopes": ["Terminating"]}, [
            'spec.scopes: Invalid value: ["Terminating"]: unsupported scope applied to resource'
        ] * 2),
        ({"scopes": ["Terminating", "NotTerminating"]}, [
            'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'
        ]),
        (_selector(scopeName="PriorityClass", operator="In"), [
            f"{_M}.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
        ]),
        (_selector(scopeName="X", operator="Y"), [
            f'{_M}.scopeName: Invalid value: "X": unsupported scope',
            f'{_M}.operator: Invalid value: "Y": not a valid selector operator',
        ]),
        (_selector(scopeName="PriorityClass", operator="Exists", values=["a"]), [
            (f"{_M}.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for "
            "scope selector")
        ]),
    ],
)  # fmt: skip
def test_a_quota(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(resource_quota({"spec": spec})) == expected


def test_every_counted_kind_is_a_name() -> None:
    names = ["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims"]
    assert worded(resource_quota({"spec": {"hard": dict.fromkeys(names, "1")}})) == []


def test_scopes_stay_and_reports_are_amounts() -> None:
    old, new = {"spec": {"scopes": ["Terminating"]}}, {"spec": {}, "status": {"used": {"pods": "-1"}}}
    assert worded(resource_quota_update(new, old)) == ["spec.scopes: Invalid value: null: field is immutable"]
    assert [finding.path for finding in resource_quota_status(new, old)] == ["status.used[pods]"]

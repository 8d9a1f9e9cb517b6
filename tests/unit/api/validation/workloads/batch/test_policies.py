"""What ends a Job early."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.batch.policies import failure_policy, replacement_policy, success_policy

_POD = {"spec": {"containers": [{"name": "c"}]}}
_CODES = {"operator": "In", "values": [1]}


@pytest.mark.parametrize(
    ("rule", "at", "text"),
    [
        ({"onExitCodes": _CODES}, ".action", 'Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'),
        ({"action": "FailIndex", "onExitCodes": _CODES}, ".action", "requires the backoffLimitPerIndex to be set"),
        ({"action": "FailJob"}, "", "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"),
        (
            {"action": "FailJob", "onExitCodes": _CODES, "onPodConditions": [{"type": "a", "status": "True"}]}, "",
            "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported",
        ),
        ({"action": "Ignore", "onPodConditions": [{"type": "a", "status": "X"}]}, ".onPodConditions[0].status", '"True"'),
        ({"action": "Ignore", "onPodConditions": [{"type": "a b", "status": "True"}]}, ".onPodConditions[0].type", '"a b"'),
        ({"action": "Ignore", "onExitCodes": {"operator": "X", "values": [1]}}, ".onExitCodes.operator", '"In", "NotIn"'),
        ({"action": "Ignore", "onExitCodes": {"operator": "In"}}, ".onExitCodes.values", "null: at least one value is required"),
        ({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [0]}}, ".onExitCodes.values[0]", "must not be 0"),
        ({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [2, 2]}}, ".onExitCodes.values[1]", "Duplicate"),
        ({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [2, 1]}}, ".onExitCodes.values", "[2,1]: must be"),
        ({"action": "Ignore", "onExitCodes": {**_CODES, "containerName": "x"}}, ".onExitCodes.containerName", "must be one of"),
    ],
)  # fmt: skip
def test_rules_for_failed_pods(rule: dict[str, Any], at: str, text: str) -> None:
    (error,) = failure_policy({"template": _POD, "podFailurePolicy": {"rules": [rule]}}, "p")
    assert error.path == f"p.rules[0]{at}"
    assert text in error.text()


@pytest.mark.parametrize(
    ("rules", "at", "text"),
    [
        ([], "p.rules", "Required value: at least one rules must be specified when the successPolicy is specified"),
        ([{"succeededCount": 1}] * 21, "p.rules", "Too many: 21: must have at most 20 items"),
        ([{}], "p.rules[0]", "Required value: at least one of succeededCount or succeededIndexes must be specified"),
        ([{"succeededCount": 4}], "p.rules[0].succeededCount", "equal to 3 (the number of specified completions)"),
        ([{"succeededIndexes": "7"}], "p.rules[0].succeededIndexes", 'error parsing succeededIndexes: too large index: "7"'),
        (
            [{"succeededIndexes": "1", "succeededCount": 2}], "p.rules[0].succeededCount",
            "equal to 1 (the number of indexes in the specified succeededIndexes field)",
        ),
    ],
)  # fmt: skip
def test_rules_for_success(rules: list[dict[str, Any]], at: str, text: str) -> None:
    spec = {"completionMode": "Indexed", "completions": 3, "successPolicy": {"rules": rules}}
    (error,) = success_policy(spec, "p")
    assert error.path == at
    assert text in error.text()


def test_only_indexed_jobs_succeed_early() -> None:
    (error,) = success_policy({"successPolicy": {"rules": []}}, "p")
    assert error.text() == 'Invalid value: {"Rules":[]}: requires indexed completion mode'


@pytest.mark.parametrize(("policy", "shown"), [(None, '"Failed", "TerminatingOrFailed"'), ({}, '"Failed"')])
def test_a_failure_policy_needs_failed_pods(policy: Any, shown: str) -> None:
    (error,) = replacement_policy({"podReplacementPolicy": "X", "podFailurePolicy": policy}, "p")
    assert error.detail == f"supported values: {shown}"

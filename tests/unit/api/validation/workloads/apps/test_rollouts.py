"""Strategies of rolling updates."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.apps.rollouts import amount, daemon_strategy, deployment_strategy, stateful_strategy


@pytest.mark.parametrize(("value", "number"), [("25%", 25), ("0%", 0), (3, 3), (None, 0), ("x", 0), ("7", 7)])
def test_amounts(value: Any, number: int) -> None:
    assert amount(value) == number


@pytest.mark.parametrize(
    ("check", "kind", "rolling", "at", "text"),
    [
        (deployment_strategy, "Recreate", {}, ".rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"),
        (deployment_strategy, "RollingUpdate", {"maxSurge": "0%", "maxUnavailable": 0}, ".rollingUpdate.maxUnavailable", "may"),
        (deployment_strategy, "RollingUpdate", {"maxUnavailable": "101%"}, ".rollingUpdate.maxUnavailable", "greater than 100%"),
        (deployment_strategy, "RollingUpdate", {"maxSurge": "x", "maxUnavailable": 1}, ".rollingUpdate.maxSurge", "percent"),
        (daemon_strategy, "RollingUpdate", {"maxSurge": "101%"}, ".rollingUpdate.maxSurge", "greater than 100%"),
        (daemon_strategy, "RollingUpdate", {"maxSurge": 1, "maxUnavailable": 1}, ".rollingUpdate.maxSurge", "1: may not be"),
        (daemon_strategy, "RollingUpdate", {"maxUnavailable": "0%"}, ".rollingUpdate.maxUnavailable", "cannot be 0 when"),
        (stateful_strategy, "", None, "", "Required value"),
        (
            stateful_strategy, "OnDelete", {"partition": 1}, ".rollingUpdate",
            """{"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy 'RollingUpdate'""",
        ),
        (stateful_strategy, "RollingUpdate", {"maxUnavailable": 0}, ".rollingUpdate.maxUnavailable", "0: cannot be 0"),
        (stateful_strategy, "RollingUpdate", {"maxUnavailable": "200%"}, ".rollingUpdate.maxUnavailable", "greater than 100%"),
        (stateful_strategy, "RollingUpdate", {"partition": -1}, ".rollingUpdate.partition", "greater than or equal to 0"),
    ],
)  # fmt: skip
def test_strategies(check: Any, kind: str, rolling: Any, at: str, text: str) -> None:
    (error,) = check({"type": kind, "rollingUpdate": rolling}, "p")
    assert error.path == f"p{at}"
    assert text in error.text()

"""Half an hour of virtual time under every shipped fault plan: each Job starts as many Pods as it needs, and no more.

Repeatable, so a seed that fails fails again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pilothouse.kit.faults import shipped_plans
from pilothouse.testing import Environment

SEEDS = (1, 3)
"""With 3 a Job of one completion once started 48 Pods: its controller did not see its own writes while it listed all again."""


def pods(restart: str) -> dict[str, Any]:
    spec = {"restartPolicy": restart, "containers": [{"name": "c", "image": "x"}]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": spec}


WEB = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
    "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": pods("Always")},
}  # fmt: skip
ONCE = {
    "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"},
    "spec": {"completions": 3, "parallelism": 2, "template": pods("Never")},
}  # fmt: skip
TICK = {
    "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"},
    "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"spec": {"template": pods("Never")}}},
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("plan", sorted(shipped_plans()))
def test_as_many_pods_as_are_needed(plan: str, seed: int) -> None:
    with Environment(nodes=2, virtual_time=True, seed=seed, timeout_s=3000) as environment:
        environment.inject(plan, "system:*")
        environment.apply([WEB, ONCE, TICK])
        environment.wait_for("deployment", "web", "Available")
        environment.patch("deployment", "web", {"spec": {"replicas": 5}})
        environment.wait_for("job", "once", "Complete")
        environment.advance(1800)
        environment.wait_for("deployment", "web", "jsonpath=.status.readyReplicas=5")
        environment.inject(None)
        environment.advance(120)
        started = Counter(pod["metadata"]["labels"].get("job-name", "web") for pod in environment.list("pods"))
        jobs = {job["metadata"]["name"] for job in environment.list("jobs")} - {"once"}
    assert len(jobs) == 3
    assert started == {"web": 5, "once": 3, **dict.fromkeys(jobs, 1)}

"""What workloads know about Pods."""

import pytest

from pilothouse.cluster.workloads import pods

COST = "controller.kubernetes.io/pod-deletion-cost"


def pod(
    name: str = "p", *, phase: str = "Running", ready_at: str = "", node: str = "n", created: str = "2026-01-01T00:00:00Z"
) -> dict:  # type: ignore[type-arg]
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": ready_at}] if ready_at else []
    meta = {"name": name, "namespace": "ns", "creationTimestamp": created, "labels": {"app": "a"}}
    return {"metadata": meta, "spec": {"nodeName": node}, "status": {"phase": phase, "conditions": conditions}}


def test_availability_needs_time() -> None:
    ready = pod(ready_at="2026-01-01T00:00:10Z")
    moment = 1767225610.0
    assert pods.is_ready(ready)
    assert not pods.is_available(ready, 5, moment + 4)
    assert pods.is_available(ready, 5, moment + 5)
    assert pods.available_in_s([ready], 5, moment + 2) == 3
    assert pods.available_in_s([ready], 0, moment) is None


def test_the_least_loss_is_deleted_first() -> None:
    unassigned = pod("u", phase="Pending", node="")
    pending = pod("p", phase="Pending")
    unready = pod("r")
    young = pod("y", ready_at="2026-01-01T00:01:00Z", created="2026-01-01T00:00:50Z")
    old = pod("o", ready_at="2026-01-01T00:00:10Z")
    ranked = sorted([old, young, unready, pending, unassigned], key=pods.deletion_rank)
    assert [entry["metadata"]["name"] for entry in ranked] == ["u", "p", "r", "y", "o"]


def test_template_hash_changes_with_the_template() -> None:
    one, two = {"spec": {"image": "a"}}, {"spec": {"image": "b"}}
    assert pods.template_hash(one) == pods.template_hash(dict(one))
    assert len({pods.template_hash(one), pods.template_hash(two), pods.template_hash(one, 1)}) == 3
    assert len(pods.template_hash(one)) == 10


@pytest.mark.parametrize(
    ("value", "total", "up", "down"), [(3, 10, 3, 3), ("25%", 10, 3, 2), ("0%", 10, 0, 0), ("100%", 3, 3, 3), (None, 10, 0, 0)]
)
def test_int_or_percent(value: int | str | None, total: int, up: int, down: int) -> None:
    assert pods.int_or_percent(value, total, round_up=True) == up
    assert pods.int_or_percent(value, total, round_up=False) == down


@pytest.mark.parametrize(("annotations", "cost"), [(None, 0), ({}, 0), ({COST: "7"}, 7), ({COST: "cheap"}, 0)])
def test_a_deletion_cost_that_is_no_number_counts_as_none(annotations: dict[str, str] | None, cost: int) -> None:
    assert pods.deletion_rank({"metadata": {"annotations": annotations}})[3] == cost

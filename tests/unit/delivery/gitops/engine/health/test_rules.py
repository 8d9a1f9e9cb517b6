"""The rule table: who is found, in what order, and what hostile objects get."""

import importlib
import pkgutil
import random
from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.health import STATUSES, health_of
from pilothouse.delivery.gitops.engine.health.rules import areas, covered, custom_rule, places, table


def test_every_row_is_found() -> None:
    listed: dict[str, str] = {}
    for found in pkgutil.iter_modules(areas.__path__):
        rows = importlib.import_module(f"{areas.__name__}.{found.name}").RULES
        listed |= dict.fromkeys(rows, found.name)
    assert {name.split("/")[0]: area for name, area in listed.items() if not name.endswith("/_")} == places.AREAS
    assert sorted((name, area) for name, area in listed.items() if name.endswith("/_")) == list(places.WILDCARDS)
    assert len(covered()) == len(listed) == 241


def test_an_exact_entry_wins_over_a_wildcard() -> None:
    assert custom_rule("pkg.crossplane.io", "Provider") is table("crossplane")["pkg.crossplane.io/Provider"]
    assert custom_rule("pkg.crossplane.io", "Function") is table("crossplane")["_.crossplane.io/_"]
    assert custom_rule("a.b.crossplane.io", "Any") is table("crossplane")["_.crossplane.io/_"]
    assert custom_rule("crossplane.io", "Any") is None
    assert custom_rule("operator.victoriametrics.com", "VMAgent") is table("workloads")["operator.victoriametrics.com/_"]
    assert custom_rule("", "ConfigMap") is None


VALUES: tuple[Any, ...] = (
    None,
    0,
    1.5,
    "x",
    "True",
    True,
    [],
    {},
    [1],
    {"a": 1},
    [{}],
    [{"type": 1}],
    [None],
    10**400,
    "inf",
    -1,
)


def spoil(chance: random.Random, value: Any) -> Any:
    if chance.random() < 0.12:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        return {key: spoil(chance, each) for key, each in value.items() if chance.random() > 0.1}
    return [spoil(chance, each) for each in value] if isinstance(value, list) else value


CONDITION = {"type": "Ready", "status": "False", "reason": "Why", "message": "text", "observedGeneration": 1}
WHOLE: dict[str, Any] = {
    "metadata": {"generation": 1, "labels": {}, "annotations": {}, "finalizers": ["x"]},
    "spec": {"replicas": 1, "clusters": [{}], "updateStrategy": {"rollingUpdate": {"partition": 1}}, "strategy": {"canary": {}}},
    "status": {
        "conditions": [CONDITION, CONDITION | {"type": "Synced", "status": "True"}], "phase": "Running", "state": "ready",
        "replicas": 1, "observedGeneration": 1, "environments": [{"branch": "a", "active": {"dry": {"sha": "1"}}}],
        "parents": [{"conditions": [CONDITION], "parentRef": {"name": "p"}}], "ceph": {"health": "HEALTH_OK"},
        "ancestors": [{"conditions": [CONDITION], "ancestorRef": {}}], "brokersState": {"1": {}}, "aggregatedStatus": [{}],
        "statuses": {"a": {"state": 1}}, "canaryWeight": 1, "containerStatuses": [{"state": {"waiting": {"reason": "Err"}}}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", covered())
def test_hostile_objects_get_a_sane_verdict(name: str) -> None:
    group, kind = name.replace("_", "x").split("/")
    chance = random.Random(name)
    for _ in range(60):
        spoiled = spoil(chance, WHOLE)
        tree = {**(spoiled if isinstance(spoiled, dict) else {}), "apiVersion": f"{group}/v1", "kind": kind}
        verdict = health_of(tree)
        assert verdict is not None
        assert verdict.status in STATUSES
        assert isinstance(verdict.message, str)

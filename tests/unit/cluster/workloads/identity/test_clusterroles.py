"""ClusterRoles made of others."""

from __future__ import annotations

from typing import Any

from pilothouse.cluster.workloads.identity.clusterroles import united_rules

READ, WRITE = {"verbs": ["get"], "resources": ["x"]}, {"verbs": ["update"], "resources": ["x"]}
TO_VIEW = {"matchLabels": {"to": "view"}}


def _role(name: str, rules: list[dict[str, Any]], **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}, "rules": rules}


def test_rules_come_by_name_and_once() -> None:
    whole = {**_role("all", [], to="view"), "aggregationRule": {"clusterRoleSelectors": [TO_VIEW, TO_VIEW]}}
    roles = [whole, _role("b", [WRITE, READ], to="view"), _role("a", [READ], to="view"), _role("c", [{"verbs": ["*"]}])]
    assert united_rules(whole, roles) == [READ, WRITE]


def test_a_selector_that_is_none_selects_nothing() -> None:
    bad = {"matchExpressions": [{"key": "a", "operator": "Sometimes"}]}
    whole = {**_role("all", []), "aggregationRule": {"clusterRoleSelectors": [bad]}}
    assert united_rules(whole, [_role("b", [WRITE])]) == []

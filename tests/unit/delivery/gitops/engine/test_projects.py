"""What a project permits, and when."""

import pytest

from pilothouse.delivery.gitops.engine.projects import (
    Target,
    can_sync,
    is_destination_permitted,
    is_resource_permitted,
    is_source_permitted,
    matching_windows,
    project_problems,
)
from pilothouse.delivery.gitops.engine.projects.globs import is_valid, matches
from pilothouse.delivery.gitops.engine.projects.windows import InvalidWindow

NOON = 1_750_075_200.0  # 2025-06-16T12:00:00Z


def test_urls_of_one_repository_are_one() -> None:
    assert is_source_permitted(["git@GitHub.com:acme/app.git"], "ssh://git@github.com/acme/app")
    assert not is_source_permitted(
        ["https://github.com/acme/*", "!https://github.com/acme/secret"], "https://github.com/acme/secret"
    )


def test_a_denial_wins() -> None:
    rules = [{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-*"}]
    assert is_destination_permitted(rules, server="https://a", cluster="", namespace="shop")
    assert not is_destination_permitted(rules, server="https://a", cluster="", namespace="kube-system")


def test_cluster_kinds_have_to_be_listed_and_namespaced_ones_may_be() -> None:
    assert not is_resource_permitted({}, "", "Namespace", "x", is_namespaced=False)
    assert is_resource_permitted({}, "", "ConfigMap", "x", is_namespaced=True)


def test_an_open_denial_lets_nothing_through_but_what_it_says() -> None:
    window = {"kind": "deny", "schedule": "0 11 * * *", "duration": "2h", "manualSync": True}
    assert not can_sync([window], NOON, is_manual=False)
    assert can_sync([window], NOON, is_manual=True)
    assert can_sync([{**window, "syncOverrun": True}], NOON, is_manual=False, started_at=NOON - 7200)


def test_a_closed_allowance_blocks() -> None:
    assert not can_sync([{"kind": "allow", "schedule": "0 1 * * *", "duration": "1h"}], NOON, is_manual=False)
    with pytest.raises(InvalidWindow, match="duration"):
        can_sync([{"kind": "allow", "schedule": "0 1 * * *", "duration": "soon"}], NOON, is_manual=False)


def test_selectors_are_joined() -> None:
    window = {"kind": "deny", "applications": ["web-*"], "namespaces": ["prod"]}
    target = Target("web-1", "test", "https://a", "a")
    assert matching_windows([window], target)
    assert not matching_windows([{**window, "andOperator": True}], target)


def test_patterns() -> None:
    assert matches("{a,b}-?[0-9]", "b-x3")
    assert not matches("*", "a/b", separator="/") or matches("*", "anything")
    assert not is_valid("[open")


def test_everything_wrong_with_a_project_is_told() -> None:
    roles = [{"name": "bad role", "policies": ["p, x"], "groups": ['a"']}]
    assert len(project_problems("p", {"roles": roles, "sourceRepos": ["a", "a"], "destinations": [{"namespace": "!*"}]})) == 5

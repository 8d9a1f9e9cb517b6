"""Filters of generators that look at forges."""

from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets import filters
from pilothouse.delivery.gitops.errors import GeneratorFailed

PULL = {"branch": "feature", "targetBranch": "main", "title": "Add a door"}


@pytest.mark.parametrize(
    ("given", "is_selected"),
    [
        ([], True),
        ([{"branchMatch": "^feat"}], True),
        ([{"branchMatch": "^feat", "targetBranchMatch": "^dev"}], False),
        ([{"targetBranchMatch": "^dev"}, {"titleMatch": "door"}], True),
        ([{}], True),
    ],
)
def test_pull_requests(given: list[Any], is_selected: bool) -> None:
    assert bool(filters.selected_pulls([PULL], given)) is is_selected


def test_repositories_are_told_by_name_label_branch_and_paths() -> None:
    repository = {"repository": "web", "labels": ["k8s"], "branch": "main"}
    assert filters.is_repository_wanted(repository, [{"labelMatch": "k"}])
    assert not filters.is_repository_wanted(repository, [{"labelMatch": "x"}, {"repositoryMatch": "^db"}])
    assert filters.candidates(repository, [{"branchMatch": "dev"}, {"pathsExist": ["a"]}]) == [{"pathsExist": ["a"]}]
    assert filters.paths_of({"pathsExist": ["a"], "pathsDoNotExist": ["b"]}) == [("a", True), ("b", False)]
    assert filters.carries(["a", "b"], ["a"]) and not filters.carries(["a"], ["a", "b"]) and filters.carries([], None)


def test_clone_urls_and_forges() -> None:
    assert filters.clone_url("X", "", "ssh", "https") == "ssh" and filters.clone_url("X", "https", "ssh", "https") == "https"
    with pytest.raises(GeneratorFailed, match="unknown clone protocol"):
        filters.clone_url("X", "http", "", "")
    assert filters.chosen_forge({"filters": [], "template": {}, "a": {"b": 1}}, {"a": 1}, "g") == ("a", {"b": 1})
    with pytest.raises(GeneratorFailed, match="b is not supported"):
        filters.chosen_forge({"b": {}}, {"a": 1}, "g")

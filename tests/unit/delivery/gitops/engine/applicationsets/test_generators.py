from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets import asks, generators
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed, RepositoryMissing
from tests.unit.delivery.gitops.engine.applicationsets.world import drive

PLAIN = Templates(None)
GO = Templates(lambda text, params, options: text)
CLUSTER = {"name": "s", "labels": {"env": "prod"}, "annotations": {}, "data": {"name": "Prod_1", "server": "https://prod"}}


def test_lists_of_texts() -> None:
    elements = [{"a": "b", "values": {"c": "d"}}]
    assert drive(generators.list_elements({"elements": elements}, PLAIN, "")) == [{"a": "b", "values.c": "d"}]
    assert drive(generators.list_elements({"elements": [{"n": 1}], "elementsYaml": [{"y": 2}]}, GO, "")) == [{"n": 1}, {"y": 2}]
    for wrong in ({"n": 1}, {"values": "x"}, {"values": {"n": 1}}):
        with pytest.raises(GeneratorFailed, match="error parsing value"):
            drive(generators.list_elements({"elements": [wrong]}, PLAIN, ""))


def test_clusters_and_the_local_one() -> None:
    found = drive(generators.clusters({"values": {"x": "{{name}}"}}, PLAIN, ""), {asks.Clusters: [CLUSTER]})
    assert [one["name"] for one in found] == ["Prod_1", "in-cluster"]
    assert (
        found[0]["nameNormalized"] == "prod-1" and found[0]["metadata.labels.env"] == "prod" and found[0]["values.x"] == "Prod_1"
    )
    labelled = {"selector": {"matchLabels": {"env": "prod"}}, "flatList": True}
    [flat] = drive(generators.clusters(labelled, GO, ""), {asks.Clusters: [CLUSTER]})
    assert [one["metadata"] for one in flat["clusters"]] == [{"labels": {"env": "prod"}}]
    with pytest.raises(GeneratorFailed, match="error getting cluster secrets: away"):
        drive(generators.clusters({}, PLAIN, ""), {asks.Clusters: GeneratorFailed("away")})


def test_decisions_of_other_controllers() -> None:
    config = {"apiVersion": "g/v1", "kind": "ducks", "matchKey": "cluster"}
    resource = {"status": {"clusters": [{"cluster": "Prod_1", "score": 1}, {"cluster": "gone"}, {}]}}
    world: dict[type, Any] = {asks.Clusters: [CLUSTER], asks.Decisions: lambda ask: [resource] if ask.kind else config}
    found = drive(generators.decisions({"name": "d", "configMapRef": "c", "values": {"a": "{{x}}"}}, PLAIN, ""), world)
    assert found == [{"name": "Prod_1", "server": "https://prod", "cluster": "Prod_1", "score": "1", "values.a": "{{x}}"}]
    for spec, words in (({}, "definition"), ({"name": "d", "labelSelector": {"matchLabels": {"a": "b"}}}, "definition")):
        with pytest.raises(GeneratorFailed, match=words):
            drive(generators.decisions(spec, PLAIN, ""), world)
    with pytest.raises(GeneratorFailed, match="apiVersion, kind"):
        drive(generators.decisions({"name": "d"}, PLAIN, ""), {**world, asks.Decisions: {"kind": "ducks"}})


def test_pull_requests() -> None:
    pull = {"number": 7, "title": "t", "branch": "feat/x_y", "targetBranch": "main", "headSHA": "0123456789", "labels": ["l"]}
    [params] = drive(generators.pull_requests({}, GO, ""), {asks.PullRequests: [pull]})
    assert (params["number"], params["branch_slug"], params["head_short_sha"], params["labels"]) == (
        "7",
        "feat-x-y",
        "01234567",
        ["l"],
    )
    missing: dict[type, Any] = {asks.PullRequests: RepositoryMissing("no such repository")}
    assert drive(generators.pull_requests({"continueOnRepoNotFoundError": True}, GO, ""), missing) == []
    with pytest.raises(GeneratorFailed, match="error listing repos: no such repository"):
        drive(generators.pull_requests({}, GO, ""), missing)


def test_repositories_and_plugins() -> None:
    one = {"organization": "o", "repository": "r", "url": "u", "branch": "A_b", "sha": "0123456789", "labels": ["x", "y"]}
    [params] = drive(generators.scm_repositories({}, PLAIN, ""), {asks.Repositories: [one]})
    assert (params["branchNormalized"], params["short_sha_7"], params["labels"]) == ("a-b", "0123456", "x,y")
    spec = {"configMapRef": {"name": "c"}, "input": {"parameters": {"p": "q"}}}
    [params] = drive(generators.plugin(spec, PLAIN, ""), {asks.PluginOutput: [{"a": {"b": 1}}]})
    assert params == {"a.b": "1", "generator": {"input": {"parameters": {"p": "q"}}}}

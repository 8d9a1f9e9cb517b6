"""Comparison of what is wanted with what is there."""

from typing import Any

from pilothouse.delivery.gitops.engine.diff import diff_predicted, hide_secret_data, normalize, read_rules
from pilothouse.delivery.gitops.engine.diff.classic import diff_classic
from pilothouse.delivery.gitops.engine.diff.jqpaths import delete_path, plain_path
from pilothouse.delivery.gitops.engine.diff.kinds import canonical
from pilothouse.delivery.gitops.engine.diff.known import with_known_types
from pilothouse.delivery.gitops.engine.diff.managers import without_trusted
from pilothouse.delivery.gitops.engine.diff.server import spared
from pilothouse.delivery.gitops.engine.diff.structured import diff_structured

ME = "argocd-controller"


def config_map(data: dict[str, str], fields: dict[str, Any] | None = None, manager: str = ME) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": "a", "namespace": "ns"}
    if fields is not None:
        meta["managedFields"] = [{"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": fields}}]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def never(_program: str, _tree: dict[str, Any]) -> dict[str, Any]:
    raise AssertionError("plain paths need no jq")


def test_what_a_webhook_changes_is_not_a_difference() -> None:
    live = config_map({"a": "1"}, {"f:a": {}})
    found = diff_predicted(live, config_map({"a": "1", "injected": "x"}, {"f:a": {}}), ME)
    assert not found.is_modified
    assert diff_predicted(live, config_map({"a": "1", "injected": "x"}, {"f:a": {}}), ME, ignores_mutations=False).is_modified


def test_a_field_that_is_no_longer_wanted_is_a_difference() -> None:
    live = config_map({"a": "1", "b": "2"}, {"f:a": {}, "f:b": {}})
    assert diff_predicted(live, config_map({"a": "1"}, {"f:a": {}}), ME).is_modified
    assert diff_structured(config_map({"a": "1"}), live, ME).is_modified
    assert not diff_structured(config_map({"a": "1", "b": "2"}), live, ME).is_modified


def test_without_managed_fields_only_stated_fields_count() -> None:
    assert not diff_classic(config_map({"a": "1"}), config_map({"a": "1", "b": "2"})).is_modified
    assert diff_classic(config_map({"a": "1"}), None).is_modified
    assert not diff_classic(None, config_map({})).is_modified


def test_rules_take_paths_away() -> None:
    rules = read_rules([{"kind": "ConfigMap", "jsonPointers": ["/data/a~1b"], "jqPathExpressions": ['.data["c"]']}], {"*/*": {}})
    assert normalize(config_map({"a/b": "1", "c": "2", "d": "3"}), rules, never)["data"] == {"d": "3"}


def test_plain_paths_are_told_from_programs() -> None:
    assert plain_path('.spec.containers[].env[0]."a b"') == ["spec", "containers", None, "env", 0, "a b"]
    assert plain_path(".a | select(.b)") is None
    value = {"a": [{"b": 1, "c": 2}, {"b": 3}]}
    delete_path(value, ["a", None, "b"])
    assert value == {"a": [{"c": 2}, {}]}


def test_fields_of_trusted_managers_are_left_out_of_both_sides() -> None:
    live, wanted = without_trusted(config_map({"a": "2"}, {"f:a": {}}, "scaler"), config_map({"a": "1"}), ["scaler"])
    assert live is not None
    assert wanted is not None
    assert live["data"] == wanted["data"] == {}


def test_secrets_show_only_whether_values_differ() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA=="}}
    hidden = hide_secret_data(secret, {**secret, "data": {"a": "eQ=="}})
    assert hidden.config is not None
    assert hidden.live is not None
    assert (hidden.config["data"], hidden.live["data"]) == ({"a": "+" * 8}, {"a": "+" * 12})
    assert secret["data"] == {"a": "eA=="}


def test_ancestors_of_owned_fields_are_spared() -> None:
    assert spared([["spec"], ["status"]], [["spec", "replicas"]]) == [["status"]]


def test_known_types_and_kinds_have_one_form() -> None:
    tree = {"apiVersion": "x.io/v1", "kind": "X", "spec": {"wait": "90s"}}
    assert with_known_types(tree, [{"type": "meta/v1/Duration", "field": "spec.wait"}])["spec"] == {"wait": "1m30s"}
    claim = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}, "imagePullSecrets": []}
    assert "imagePullSecrets" not in canonical(claim)

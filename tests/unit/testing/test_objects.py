"""Kinds by the names people use, manifests from everywhere, and the order they are applied in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.kit.errors import BadRequest, NotFound
from pilothouse.sdk.kinds import DEPLOYMENT
from pilothouse.testing import Environment
from pilothouse.testing.objects import definitions, documents
from tests.unit.testing.manifests import WIDGET, WIDGETS, config_map, pods


def test_kinds_have_many_names() -> None:
    with Environment() as environment:
        for word in ("Deployment", "deploy", "deployments", "deployment.apps", "deployment.apps.v1", DEPLOYMENT):
            assert environment.list(word) == []
        assert len(environment.list("ns")) == 4
        with pytest.raises(NotFound, match="no kind 'widget'"):
            environment.list("widget")
        environment.apply(WIDGETS)
        assert environment.list("widget") == []


def test_definitions_and_namespaces_go_first_whatever_the_order() -> None:
    placed = {**WIDGET, "metadata": {"name": "one", "namespace": "team"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "team"}, "spec": pods()["spec"]}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    with Environment() as environment:
        applied = environment.apply([placed, pod, namespace, *documents(WIDGETS)])
        assert [tree["kind"] for tree in applied] == ["Widget", "Pod", "Namespace", "CustomResourceDefinition"]
        again = environment.apply([placed])
        assert again[0]["metadata"]["resourceVersion"] == applied[0]["metadata"]["resourceVersion"]


def test_objects_without_namespace_go_where_the_call_says() -> None:
    with Environment() as environment:
        environment.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        environment.apply([config_map("a"), config_map("b", namespace="team")])
        environment.apply(config_map("c"), "team")
        assert {tree["metadata"]["name"] for tree in environment.list("cm", "team")} >= {"b", "c"}
        environment.delete("cm", "c", "team")
        environment.delete("cm", "c", "team")
        assert environment.get("cm", "a")["data"] == {"a": "b"}


def test_documents_come_from_files_folders_text_and_trees(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(WIDGETS)
    (tmp_path / "b.json").write_text('{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod"}, {"kind": "Node"}]}')
    (tmp_path / "notes.txt").write_text("no manifest")
    assert {tree["kind"] for tree in documents(tmp_path)} == {"CustomResourceDefinition", "Pod", "Node"}
    assert documents(str(folder / "a.yaml")) == documents(WIDGETS)
    assert documents([WIDGET, str(folder)])[0] == WIDGET
    assert [tree["kind"] for tree in definitions([tmp_path])] == ["CustomResourceDefinition"]


def test_bad_paths_and_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(BadRequest, match=r"broken\.yaml is not YAML"):
        documents(tmp_path)
    with pytest.raises(BadRequest, match="does not exist"):
        documents("nowhere.yaml")
    with pytest.raises(BadRequest, match="document 1 of the text is no object"):
        documents("- just\n- a list\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadRequest, match="holds no manifests"):
        documents(tmp_path / "empty")
    (tmp_path / "pod.json").write_text('{"kind": "Pod"}')
    with pytest.raises(BadRequest, match="no CustomResourceDefinition"):
        definitions([tmp_path / "pod.json"])


def test_objects_without_a_kind_are_refused() -> None:
    with Environment() as environment, pytest.raises(BadRequest, match="no apiVersion or kind"):
        environment.apply({"metadata": {"name": "x"}})

"""Directories of manifests."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.adapters.render.manifests import parse
from pilothouse.delivery.gitops.errors import SourceInvalid
from tests.unit.delivery.gitops.adapters.render.world import World, config_map


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    names = ("a.yaml", "b.yml", "c.json", "sub/d.yaml", "sub/deep/e.yaml", "test-f.yaml")
    files = {name: config_map(name.rpartition("/")[2].partition(".")[0]) for name in names if not name.endswith("json")}
    files["c.json"] = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}'
    files["skip.yaml"] = "# +argocd:skip-file-rendering\n: :"
    files["notes.txt"] = "no manifest"
    world.commit(files)
    return world


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "a b c test-f"),
        ({"recurse": True}, "a b c d e test-f"),
        ({"recurse": True, "include": "*.yaml"}, "a d e test-f"),
        ({"recurse": True, "include": "sub/*"}, "d e"),
        ({"exclude": "test-*"}, "a b c"),
        ({"recurse": True, "exclude": "{test-*,sub/**}"}, "a b c"),
        ({"include": "[ab].y*ml"}, "a b"),
        ({"include": "?.yaml"}, "a"),
    ],
)
def test_what_is_taken(world: World, options: dict[str, object], expected: str) -> None:
    assert " ".join(world.names({"directory": options})) == expected


def test_jsonnet_is_refused(world: World) -> None:
    world.commit({"x.jsonnet": "{}", "y.libsonnet": "{}"})
    with pytest.raises(SourceInvalid, match=r"x\.jsonnet: Jsonnet"):
        world.render({})
    assert world.names({"directory": {"exclude": "*.jsonnet"}}) == ["a", "b", "c", "test-f"]
    with pytest.raises(SourceInvalid, match=r"directory\.jsonnet"):
        world.render({"directory": {"jsonnet": {"tlas": [{"name": "x"}]}}})


def test_parameters_beside_the_manifests(world: World) -> None:
    world.commit({".argocd-source.yaml": "directory: {recurse: true}\nrepoURL: /etc\n"})
    assert world.names({}) == ["a", "b", "c", "d", "e", "test-f"]
    world.commit({".argocd-source-shop.yaml": "directory: {include: a.yaml}\n"})
    assert world.names({}) == ["a"]
    world.commit({".argocd-source-shop.yaml": "a: [\n"})
    with pytest.raises(SourceInvalid, match=r"argocd-source-shop\.yaml cannot be read"):
        world.render({})


def test_lists_are_taken_apart() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n---\n---\n"
    assert [tree["kind"] for tree in parse(text, "f")] == ["Pod"]
    with pytest.raises(SourceInvalid, match="items are no objects"):
        parse("apiVersion: v1\nkind: List\nitems: [1]\n", "f")
    with pytest.raises(SourceInvalid, match="without apiVersion"):
        parse("a: 1", "f")


@given(st.text(max_size=200))
def test_bad_text_is_a_clear_error(text: str) -> None:
    try:
        parse(text, "f")
    except SourceInvalid as error:
        assert error.message.startswith("f ")

"""Kustomizations as sources: edits of the Application, remote bases, charts, and what is left to kubectl."""

# ruff: noqa: E501 - one case a line

from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.delivery.gitops.engine.kustomize.edits import edited, read_image_edit
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.kit.errors import PilothouseError
from tests.unit.delivery.gitops.adapters.git.served import http_server
from tests.unit.delivery.gitops.adapters.render.world import World, config_map
from tests.unit.delivery.gitops.engine.kustomize.cases import DEPLOY
from tests.unit.delivery.gitops.engine.kustomize.oracle import built, kubectl


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit({
        "app/kustomization.yaml": "resources: [deploy.yaml, ../base]\n", "app/deploy.yaml": DEPLOY,
        "base/kustomization.yaml": "resources: [c.yaml]\n", "base/c.yaml": config_map("c"),
        "comp/kustomization.yaml": "kind: Component\nnameSuffix: -c\n",
    })  # fmt: skip
    return world


OPTIONS: dict[str, dict[str, Any]] = {
    "names": {"namePrefix": "p-", "nameSuffix": "-s", "namespace": "ns"},
    "images": {"images": ["nginx:2", "reg.io:5000/tools/init=other@sha256:1"]},
    "replicas": {"replicas": [{"name": "web", "count": "4"}]},
    "labels": {"commonLabels": {"a": "b"}},
    "labels-without-selector": {"commonLabels": {"a": "b"}, "labelWithoutSelector": True, "labelIncludeTemplates": True},
    "annotations": {"commonAnnotations": {"a": "b"}},
    "patches": {"patches": [{"target": {"kind": "Deployment"}, "patch": "- {op: replace, path: /spec/replicas, value: 8}"}]},
    "components": {"components": ["../comp", "../gone"], "ignoreMissingComponents": True},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_edits_are_those_of_a_kustomization(world: World, tmp_path: Path, name: str) -> None:
    found = world.render({"path": "app", "kustomize": OPTIONS[name]})
    tree = edited({"resources": ["deploy.yaml", "../base"]}, OPTIONS[name], str, lambda path: "gone" not in path)
    files = {path.relative_to(world.folder).as_posix(): path.read_text() for path in world.folder.rglob("*.yaml")}
    expected = built({**files, "app/kustomization.yaml": yaml.safe_dump(tree)}, tmp_path / "k", "app")
    assert found == expected and found != world.render({"path": "app"})


def test_variables_and_clashes(world: World) -> None:
    options = {
        "commonAnnotations": {"by": "$ARGOCD_APP_NAME"},
        "commonAnnotationsEnvsubst": True,
        "images": ["nginx:${ARGOCD_APP_NAME}"],
    }
    deploy = next(each for each in world.render({"path": "app", "kustomize": options}) if each["kind"] == "Deployment")
    assert deploy["metadata"]["annotations"] == {"by": "shop"}
    assert deploy["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:shop"
    world.commit({"app/kustomization.yaml": "resources: [deploy.yaml]\ncommonLabels: {a: x}\n"})
    with pytest.raises(SourceInvalid, match="label a already in"):
        world.render({"path": "app", "kustomize": {"commonLabels": {"a": "b"}}})
    [deploy] = world.render({"path": "app", "kustomize": {"commonLabels": {"a": "b"}, "forceCommonLabels": True}})
    assert deploy["metadata"]["labels"]["a"] == "b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx:1", {"name": "nginx", "newTag": "1"}), ("a/b@sha256:1", {"name": "a/b", "digest": "sha256:1"}),
        ("nginx=h:5/x:2", {"name": "nginx", "newName": "h:5/x", "newTag": "2"}), ("a=b", {"name": "a", "newName": "b"}),
    ],
)  # fmt: skip
def test_edits_of_images(text: str, expected: dict[str, str]) -> None:
    assert read_image_edit(text) == expected


@pytest.mark.parametrize(
    "options",
    [{"images": "x"}, {"images": ["="]}, {"replicas": [{}]}, {"replicas": [{"name": "a", "count": "x"}]}, {"nonsense": 1},
     {"commonLabels": ["x"]}, {"patches": [1]}, {"components": ["../gone"]}],
)  # fmt: skip
def test_bad_edits_are_clear_errors(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(PilothouseError):
        world.render({"path": "app", "kustomize": options})


def test_a_base_of_another_repository(world: World, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    other = World(tmp_path / "more")
    other.commit({"k/kustomization.yaml": "resources: [m.yaml]\n", "k/m.yaml": config_map("remote")})
    world.commit({"app/kustomization.yaml": f"resources: ['{other.url}//k?ref=main']\nnamePrefix: x-\n"})
    assert world.names({"path": "app"}) == ["x-remote"]
    other.commit({"k/m.yaml": config_map("moved")})
    world.start()
    assert world.names({"path": "app"}) == ["x-moved"]


def test_charts_of_a_kustomization(world: World) -> None:
    world.commit({
        "app/kustomization.yaml": "namespace: n\nhelmCharts:\n- {name: web, releaseName: rel, valuesInline: {a: inline}, valuesFile: v.yaml}\n",
        "app/v.yaml": "b: file\n", "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "app/charts/web/templates/c.yaml": config_map("{{ .Release.Name }}", a="{{ .Values.a }}", b="{{ .Values.b }}"),
    })  # fmt: skip
    [tree] = world.render({"path": "app"})
    assert tree["metadata"] == {"name": "rel", "namespace": "n"} and tree["data"] == {"a": "inline", "b": "file"}


def test_the_rest_is_given_to_kubectl(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    program = kubectl()
    world.commit({
        "app/kustomization.yaml": "resources: [deploy.yaml]\ntransformers: [t.yaml]\n",
        "app/t.yaml": "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: t}\nprefix: by-kubectl-\nfieldSpecs: [{path: metadata/name}]\n",
    })  # fmt: skip
    monkeypatch.setenv("PATH", f"{Path(program).parent}:/usr/bin")
    assert world.names({"path": "app"}) == ["by-kubectl-web"]
    monkeypatch.setenv("PATH", "/nowhere")
    world.start()
    with pytest.raises(PilothouseError, match="transformers is not supported"):
        world.render({"path": "app"})


def test_a_repository_of_elsewhere_reads_no_folder_of_this_machine(world: World) -> None:
    with http_server(world.root) as server:
        world.commit({"app/kustomization.yaml": f"resources: ['{world.url}//base?ref=main']\n"})
        url = f"http://127.0.0.1:{server.server_port}/repo/.git"
        with pytest.raises(SourceInvalid, match="is a folder of this machine"):
            world.render({"path": "app", "repoURL": url})
        assert world.names({"path": "app"}) == ["c"]

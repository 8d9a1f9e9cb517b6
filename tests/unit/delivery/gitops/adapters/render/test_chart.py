"""Charts as sources: every field of `helm`, charts in Git, repositories and registries, several sources."""

from pathlib import Path
from typing import Any

import pytest

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.repository.engine.manifest import digest_of, manifest_bytes
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.errors import RepositoryUnavailable, RevisionNotFound, SourceInvalid
from tests.unit.delivery.charts.repository.served import archive, site
from tests.unit.delivery.gitops.adapters.render.world import World, config_map

SHOWN = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  values: {{ .Values | toJson | quote }}
  lookup: {{ lookup "v1" "Secret" "a" "b" | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "x/v1" | quote }}
"""
CHART = {"c/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "c/templates/c.yaml": SHOWN}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.commit({
        **CHART, "c/extra.yaml": "a: extra\n", "c/envs/1.yaml": "m: 1\nl: [1]\n", "c/envs/2.yaml": "m: 2\n",
        "root.yaml": "r: root\n", "c/note.txt": "text, with comma",
    })  # fmt: skip
    return world


def values(trees: list[Tree]) -> Any:
    import json

    return json.loads(trees[0]["data"]["values"])


def render(world: World, **helm: Any) -> Any:
    return values(world.render({"path": "c", "helm": helm}))


def test_layers_in_their_order(world: World) -> None:
    assert render(world, valueFiles=["extra.yaml", "/root.yaml"]) == {"a": "extra", "r": "root"}
    assert render(world, valueFiles=["envs/*.yaml"]) == {"m": 2, "l": [1]}
    assert render(world, valueFiles=["**/extra.yaml", "../root.yaml"]) == {"a": "extra", "r": "root"}
    assert render(world, valueFiles=["envs/$ARGOCD_APP_NAME.yaml", "extra.yaml"], ignoreMissingValueFiles=True) == {"a": "extra"}
    assert render(world, valueFiles=["extra.yaml"], values="a: text\nb: 1\n") == {"a": "text", "b": 1}
    assert render(world, values="a: text\n", valuesObject={"b": {"c": True}}) == {"b": {"c": True}}
    assert render(world, values="a: 1", parameters=[{"name": "a", "value": "2"}, {"name": "l", "value": "{x,y}"}]) == {
        "a": 2, "l": ["x", "y"],
    }  # fmt: skip
    assert render(world, parameters=[{"name": "a", "value": "1,2"}, {"name": "b", "value": "7", "forceString": True}]) == {
        "a": "1,2", "b": "7",
    }  # fmt: skip
    assert render(world, fileParameters=[{"name": "f", "path": "note.txt"}]) == {"f": "text, with comma"}


def test_release_and_capabilities(world: World) -> None:
    [tree] = world.render(
        {"path": "c", "helm": {"releaseName": "rel", "namespace": "ns", "kubeVersion": "1.30.2", "apiVersions": ["x/v1"]}}
    )
    assert tree["metadata"] == {"name": "rel", "namespace": "ns"} and tree["data"]["kube"] == "v1.30.2"
    assert tree["data"]["has"] == "true" and tree["data"]["lookup"] == "{}"
    [tree] = world.render({"path": "c"})
    assert tree["metadata"] == {"name": "shop", "namespace": "prod"}


def test_schemas_crds_and_tests(world: World) -> None:
    hook = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\n"
    world.commit({
        "c/values.schema.json": '{"required": ["must"]}', "c/crds/x.yaml": "apiVersion: v1\nkind: Fake\nmetadata: {name: crd}\n",
        "c/templates/t.yaml": hook,
    })  # fmt: skip
    with pytest.raises(SourceInvalid, match="must"):
        world.render({"path": "c"})
    assert world.names({"path": "c", "helm": {"skipSchemaValidation": True}}) == ["crd", "shop"]
    assert world.names({"path": "c", "helm": {"skipSchemaValidation": True, "skipCrds": True, "skipTests": True}}) == ["shop"]


@pytest.mark.parametrize(
    ("helm", "message"),
    [
        ({"valueFiles": ["none.yaml"]}, "values file 'none.yaml' is not in c"),
        ({"valueFiles": ["../../etc/passwd"]}, "leaves the repository"),
        ({"valueFiles": ["https://e/x.yaml"]}, "not fetched"),
        ({"valueFiles": ["$other/x.yaml"]}, "no source has ref 'other'"),
        ({"valueFiles": "x"}, "valueFiles of the source is no list"),
        ({"parameters": [{"value": "x"}]}, "every entry needs a name"),
        ({"parameters": ["x"]}, "every entry needs a name"),
        ({"values": "a: ["}, "cannot unmarshal yaml"),
        ({"valuesObject": [1]}, "of another shape|cannot|no map"),
        ({"parameters": [{"name": ["x"]}]}, "every entry needs a name|failed parsing|of another shape"),
        ({"fileParameters": [{"name": "f", "path": "none"}]}, "file 'none' is not there"),
    ],
)
def test_what_is_wrong_is_said(world: World, helm: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceInvalid, match=message):
        world.render({"path": "c", "helm": helm})


def test_value_files_of_another_source(world: World, tmp_path: Path) -> None:
    (tmp_path / "values").mkdir()
    other = World(tmp_path / "values")
    other.commit({"prod/v.yaml": "from: other\n", "m.yaml": config_map("m")})
    found = world.render(
        {"path": "c", "helm": {"valueFiles": ["$vals/prod/v.yaml"]}}, {"repoURL": other.url, "ref": "vals"},
    )  # fmt: skip
    assert values(found) == {"from": "other"} and len(found) == 1
    found = world.render(
        {"path": "c", "helm": {"valueFiles": ["$vals/prod/v.yaml"]}},
        {"repoURL": other.url, "ref": "vals", "path": ".", "directory": {"include": "m.yaml"}},
    )
    assert [tree["metadata"]["name"] for tree in found] == ["shop", "m"]


def test_the_last_of_two_sources_wins(world: World) -> None:
    world.commit({"one/a.yaml": config_map("same", v="1"), "two/a.yaml": config_map("same", v="2")})
    [tree] = world.render({"path": "one"}, {"path": "two"})
    assert tree["data"] == {"v": "2"}


INDEX = """apiVersion: v1
entries:
  web:
  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}
  - {name: web, version: 1.4.0, urls: [web-1.4.0.tgz]}
  - {name: web, version: 2.0.0, urls: [web-2.0.0.tgz]}
"""


def test_charts_of_a_repository(world: World) -> None:
    with site() as served:
        served.files["/index.yaml"] = INDEX.encode()
        served.files["/web-1.4.0.tgz"] = archive("web", "1.4.0", **{"templates/c.yaml": SHOWN, "values.yaml": "d: 1\n"})
        source = {"repoURL": served.url, "chart": "web", "targetRevision": "^1.0.0"}
        assert values(world.render(source)) == {"d": 1}
        assert values(world.render({**source, "helm": {"parameters": [{"name": "d", "value": "2"}]}})) == {"d": 2}
        for change in ({"targetRevision": "9.x"}, {"chart": "none"}):
            with pytest.raises(Exception, match=r"fits '9.x'|no chart 'none'") as failure:
                world.render({**source, **change})
            assert isinstance(failure.value, RevisionNotFound) or "none" in str(failure.value)
    with pytest.raises(RepositoryUnavailable):
        world.start()
        world.render(source)


def test_charts_and_artefacts_of_a_registry(world: World) -> None:
    from tests.unit.delivery.charts.repository.test_remote import _artifact, _layer

    with site() as served:
        host = served.url.removeprefix("http://")
        world.access = Access(is_plain_http=True)
        data = archive("web", "1.1.0", **{"templates/c.yaml": SHOWN})
        manifest = manifest_bytes({"name": "web", "version": "1.1.0"}, data, None, "2026-01-01T00:00:00Z")
        served.files["/v2/charts/web/tags/list"] = b'{"tags": ["1.0.0", "1.1.0"]}'
        served.files["/v2/charts/web/manifests/1.1.0"] = manifest
        for blob in (data, b"{}"):
            served.files[f"/v2/charts/web/blobs/{digest_of(blob)}"] = blob
        for url in (f"{host}/charts", f"oci://{host}/charts"):
            assert values(world.render({"repoURL": url, "chart": "web", "targetRevision": "1.x"})) == {}
        layer = _layer(**{"app/m.yaml": config_map("from-oci").encode()})
        manifest = _artifact(layer, "application/vnd.oci.image.layer.v1.tar+gzip")
        served.files["/v2/team/app/manifests/v1"] = served.files[f"/v2/team/app/manifests/{digest_of(manifest)}"] = manifest
        served.files[f"/v2/team/app/blobs/{digest_of(layer)}"] = layer
        assert world.names({"repoURL": f"oci://{host}/team/app", "targetRevision": "v1", "path": "app"}) == ["from-oci"]


def test_dependencies_are_brought(world: World) -> None:
    with site() as served:
        served.files["/index.yaml"] = INDEX.encode()
        served.files["/web-1.4.0.tgz"] = archive("web", "1.4.0", **{"templates/c.yaml": config_map("sub")})
        head = "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n"
        world.commit({
            "t/Chart.yaml": f"{head}- {{name: web, version: ^1.0.0, repository: '{served.url}'}}\n"
            "- {name: near, version: 0.1.0, repository: 'file://../near'}\n",
            "near/Chart.yaml": "apiVersion: v2\nname: near\nversion: 0.1.0\n", "near/templates/n.yaml": config_map("near"),
        })  # fmt: skip
        assert sorted(world.names({"path": "t"})) == ["near", "sub"]
        world.commit({"t/Chart.lock": f"dependencies:\n- {{name: web, version: 1.0.0, repository: '{served.url}'}}\n"})
        served.files["/web-1.0.0.tgz"] = archive("web", "1.0.0", **{"templates/c.yaml": config_map("locked")})
        assert sorted(world.names({"path": "t"})) == ["locked", "near"]
    world.commit({"t/Chart.yaml": f"{head}- {{name: x, version: 1.0.0}}\n"})
    with pytest.raises(SourceInvalid, match=r"x is not in charts/"):
        world.render({"path": "t"})

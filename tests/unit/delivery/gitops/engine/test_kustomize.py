"""Our kustomize against that of kubectl: the same objects in the same order, for written and for generated kustomizations."""

# ruff: noqa: E501 - one case a line

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.kustomize import Builder, KustomizationNotSupported
from pilothouse.delivery.gitops.engine.sources.files import MappingFiles
from pilothouse.kit.errors import PilothouseError
from tests.unit.delivery.gitops.engine.kustomize.cases import ALL, FAILING
from tests.unit.delivery.gitops.engine.kustomize.cases import CASES as PLAIN
from tests.unit.delivery.gitops.engine.kustomize.edges import EDGES
from tests.unit.delivery.gitops.engine.kustomize.oracle import built

CASES = {**PLAIN, **EDGES}


def ours(files: dict[str, str]) -> list[Any]:
    return Builder().build(MappingFiles({name: text.encode() for name, text in files.items()}), "")


@pytest.mark.parametrize("name", CASES)
def test_the_same_objects_in_the_same_order(name: str, tmp_path: Path) -> None:
    expected = built(CASES[name], tmp_path)
    assert not isinstance(expected, str), expected
    found = ours(CASES[name])
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [(e["kind"], e["metadata"]["name"]) for e in expected]
    for mine, theirs in zip(found, expected, strict=True):
        assert mine == theirs


@pytest.mark.parametrize("name", FAILING)
def test_what_kubectl_refuses_is_refused(name: str, tmp_path: Path) -> None:
    assert isinstance(built(FAILING[name], tmp_path), str)
    with pytest.raises(PilothouseError):
        ours(FAILING[name])


@pytest.mark.parametrize("field", ["generators", "transformers", "validators", "configurations", "buildMetadata"])
def test_what_is_left_to_kubectl_is_named(field: str) -> None:
    with pytest.raises(KustomizationNotSupported, match=field):
        ours({"kustomization.yaml": f"{field}: [x]\n"})
    with pytest.raises(KustomizationNotSupported, match="openapi"):
        ours({"kustomization.yaml": "openapi: {path: x}\n"})


_NAMES = st.sampled_from(["web", "db", "cron", "job", "conf", "none"])
_KINDS = st.sampled_from(["Deployment", "StatefulSet", "Service", "Job", "CronJob", ".*", "Deployment|Job"])
_LAYER = st.fixed_dictionaries({}, optional={
    "namePrefix": st.sampled_from(["a-", "b-"]), "nameSuffix": st.sampled_from(["-y", "-z"]), "namespace": st.sampled_from(["n1", "n2"]),
    "commonLabels": st.just({"team": "red"}), "commonAnnotations": st.just({"note": "x"}),
    "labels": st.lists(st.fixed_dictionaries({"pairs": st.just({"l": "1"})}, optional={"includeTemplates": st.booleans()}), max_size=2),
    "images": st.just([{"name": "nginx", "newTag": "9"}]), "replicas": st.just([{"name": "web", "count": 3}]),
    "patches": st.lists(st.fixed_dictionaries({
        "target": st.fixed_dictionaries({"kind": _KINDS}, optional={"name": _NAMES}),
        "patch": st.sampled_from([
            '[{"op": "add", "path": "/metadata/annotations", "value": {"j": "k"}}]',
            "apiVersion: v1\nkind: X\nmetadata: {name: x, labels: {m: n}}\n",
        ]),
    }), max_size=2),
    "configMapGenerator": st.just([{"name": "extra", "literals": ["a=1"]}]),
})  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=_LAYER, overlay=_LAYER)
def test_generated_layers(base: dict[str, Any], overlay: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {f"base/{name}": text for name, text in ALL.items()}
    generators = [*base.pop("configMapGenerator", []), {"name": "conf", "literals": ["b=1"]}]
    files["base/kustomization.yaml"] = yaml.safe_dump({"resources": list(ALL), "configMapGenerator": generators, **base})
    if any(each["name"] == "extra" for each in generators):
        overlay.pop("configMapGenerator", None)
    files["kustomization.yaml"] = yaml.safe_dump({"resources": ["base"], **overlay})
    expected = built(files, tmp_path_factory.mktemp("k"))
    if isinstance(expected, str):
        with pytest.raises(PilothouseError):
            ours(files)
    else:
        assert ours(files) == expected


_FUZZ = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["resources", "patches", "labels", "images", "replicas", "configMapGenerator", "secretGenerator", "replacements", "vars",
                        "namePrefix", "sortOptions", "components", "commonLabels", "patchesStrategicMerge", "patchesJson6902",
                        "generatorOptions", "crds"]), _FUZZ)  # fmt: skip
def test_bad_fields_are_clear_errors(field: str, value: Any) -> None:
    files = {
        "kustomization.yaml": yaml.safe_dump({"resources": ["deploy.yaml"], field: value}),
        "deploy.yaml": ALL["deploy.yaml"],
    }
    try:
        ours(files)
    except PilothouseError as error:
        assert error.message


_KEYS = ["name", "literals", "files", "envs", "options", "labels", "pairs", "fields", "target", "patch", "path", "kind", "select", "source",
         "targets", "fieldPaths", "objref", "fieldref", "count", "newTag", "metadata", "delimiter", "index", "create"]  # fmt: skip
_SHAPED = st.recursive(
    st.none() | st.integers() | st.sampled_from(["web", "a=b", "deploy.yaml", "metadata.name", "[x=y]", "*"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["patches", "labels", "images", "replicas", "configMapGenerator", "replacements", "vars", "sortOptions"]),
    _SHAPED,
    _SHAPED,
)
def test_known_fields_of_wrong_shapes_are_clear_errors(field: str, value: Any, deploy: Any) -> None:
    files = {"kustomization.yaml": yaml.safe_dump({"resources": ["d.yaml"], field: value if field == "sortOptions" else [value]})}
    tree = yaml.safe_load(ALL["deploy.yaml"])
    files["d.yaml"] = yaml.safe_dump({**tree, "spec": deploy})
    try:
        ours(files)
    except PilothouseError as error:
        assert error.message

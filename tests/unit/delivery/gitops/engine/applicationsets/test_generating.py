from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets import asks, generating
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed
from tests.unit.delivery.gitops.engine.applicationsets.world import drive

PLAIN = Templates(None)


def appset(*found: dict[str, Any], **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"name": "{{n}}"}, "spec": {"project": "p", "source": {"path": "{{n}}"}}}
    return {"metadata": {"name": "s", "namespace": "argocd"}, "spec": {"template": template, "generators": list(found), **spec}}


def test_applications_of_every_generator() -> None:
    tree = appset({"list": {"elements": [{"n": "a"}, {"n": "b"}]}, "selector": {"matchLabels": {"n": "b"}}}, {"git": {}})
    generated = drive(generating.applications(tree, PLAIN))
    [application] = generated.applications
    assert application["metadata"] == {"name": "b", "namespace": "argocd", "finalizers": [generating.FINALIZER]}
    assert application["spec"]["source"] == {"path": "b"}
    assert (generated.reason, "neither directories" in generated.error.message) == (generating.PARAMETERS_FAILED, True)


def test_resources_may_be_preserved() -> None:
    tree = appset({"list": {"elements": [{"n": "a"}]}}, syncPolicy={"preserveResourcesOnDeletion": True})
    assert "finalizers" not in drive(generating.applications(tree, PLAIN)).applications[0]["metadata"]


def test_a_generator_may_have_a_template() -> None:
    own = {"metadata": {"labels": {"x": "{{n}}"}}, "spec": {"source": {"path": "other"}}}
    generated = drive(generating.applications(appset({"list": {"elements": [{"n": "a"}], "template": own}}), PLAIN))
    assert generated.applications[0]["metadata"]["labels"] == {"x": "a"}
    assert generated.applications[0]["spec"] == {"project": "p", "source": {"path": "other"}}


def test_template_patches() -> None:
    tree = appset({"list": {"elements": [{"n": "a"}]}}, templatePatch="spec: {project: evil, syncPolicy: {automated: {}}}")
    [application] = drive(generating.applications(tree, PLAIN)).applications
    assert application["spec"]["project"] == "p" and application["spec"]["syncPolicy"] == {"automated": {}}
    with pytest.raises(GeneratorFailed, match="invalid templatePatch"):
        generating.patched({}, "text")


def test_inner_generators_stand_alone() -> None:
    two = {"matrix": {"generators": [{"list": {}, "git": {}}, {"list": {}}]}}
    with pytest.raises(GeneratorFailed, match=r"found more than one generator in matrix\.Generators"):
        drive(generating.generate(two, PLAIN, "", {}))
    with pytest.raises(GeneratorFailed, match="child generator of matrix"):
        drive(generating.generate({"matrix": {"generators": [{}, {"list": {}}]}}, PLAIN, "", {}))
    with pytest.raises(GeneratorFailed, match="generator is empty"):
        drive(generating.generate({}, PLAIN, "", {}))


def test_the_second_of_a_matrix_is_filled_by_the_first() -> None:
    git = {"git": {"repoURL": "https://git/{{n}}", "directories": [{"path": "*"}]}}
    tree = {"matrix": {"generators": [{"list": {"elements": [{"n": "a"}]}}, git]}}
    asked: list[str] = []
    drive(generating.generate(tree, PLAIN, "", {}), {asks.Directories: lambda ask: asked.append(ask.repo_url) or []})
    assert asked == ["https://git/a"]


def test_unknown_generators_are_named() -> None:
    tree = appset({"cluster": None})
    tree["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"generators":[{"cluster":{}}]}}'
    }
    assert generating.unknown_generators(tree) == (True, ["cluster"])
    assert generating.unknown_generators(appset({"list": {}})) == (False, [])

"""`app create`, `set`, `unset`, `delete`: what flags make of an application."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.app import main
from pilothouse.delivery.gitops.cli.changing import create
from pilothouse.delivery.gitops.cli.changing.specification import edited, image_name
from pilothouse.delivery.gitops.types import definitions
from pilothouse.kit.arguments import Parser
from pilothouse.kit.errors import Invalid
from pilothouse.testing import Environment
from tests.unit.delivery.gitops.cli.world import World, settings, world

REPO = ("--repo", "https://example.com/r", "--path", "p")


def _flags(*words: str) -> argparse.Namespace:
    parser = Parser()
    create.add_flags(parser)
    return parser.parse_args(["shop", *words])


def _spec(*words: str, **spec: Any) -> Any:
    return edited(spec, _flags(*words))


@contextmanager
def _world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """An API server with the definitions and without controllers."""
    path = tmp_path / "definitions.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions()}))
    with Environment(crds=[path], controllers=False) as environment:
        monkeypatch.setenv("KUBECONFIG", environment.kubeconfig)
        environment.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        yield World(environment, tmp_path, capsys)


def test_flags_of_a_source() -> None:
    helm = _spec(
        "--helm-set", "a=1", "-p", "b=x=y", "--values", "a.yaml", "--values", "b.yaml", "--helm-skip-crds", "--release-name", "r"
    )
    assert helm["source"]["helm"] == {
        "parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": "x=y"}], "valueFiles": ["a.yaml", "b.yaml"],
        "skipCrds": True, "releaseName": "r",
    }  # fmt: skip
    images = _spec(
        "--kustomize-image", "web:2", "--nameprefix", "p-", "--kustomize-replica", "web=3", "--kustomize-common-label", "a=b"
    )
    assert images["source"]["kustomize"] == {
        "images": ["web:2"], "namePrefix": "p-", "replicas": [{"name": "web", "count": 3}], "commonLabels": {"a": "b"}
    }  # fmt: skip
    known = {"kustomize": {"images": ["web:1", "db=x/db:1"]}, "helm": {"parameters": [{"name": "a", "value": "0"}]}}
    changed = _spec("--kustomize-image", "web:2", "--helm-set-string", "a=1", source=known)["source"]
    assert changed["kustomize"]["images"] == ["db=x/db:1", "web:2"]
    assert changed["helm"]["parameters"] == [{"name": "a", "value": "1", "forceString": True}]
    assert known["helm"]["parameters"] == [{"name": "a", "value": "0"}]
    assert [image_name(text) for text in ("r:5000/a:1", "a@sha256:0", "a=b:2")] == ["r:5000/a", "a", "a"]


def test_flags_of_a_policy() -> None:
    policy = _spec("--sync-policy", "automated", "--auto-prune", "--self-heal", "--sync-option", "CreateNamespace=true")[
        "syncPolicy"
    ]
    assert policy == {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
    assert _spec("--no-auto-prune", "--sync-option", "!CreateNamespace=true", syncPolicy=policy)["syncPolicy"] == {
        "automated": {"prune": False, "selfHeal": True}, "syncOptions": []
    }  # fmt: skip
    assert "automated" not in _spec("--sync-policy", "none", syncPolicy=policy)["syncPolicy"]
    assert _spec("--sync-retry-limit", "3", "--sync-retry-backoff-duration", "1s")["syncPolicy"]["retry"] == {
        "limit": 3, "backoff": {"duration": "1s"}
    }  # fmt: skip
    assert _spec("--dest-name", "east", destination={"server": "x"})["destination"] == {"name": "east"}
    with pytest.raises(Invalid, match="only with automated"):
        _spec("--self-heal")
    with pytest.raises(Invalid, match="has no value"):
        _spec("--helm-set", "a")


def test_one_of_several_sources_is_named() -> None:
    spec = {"sources": [{"repoURL": "a"}, {"repoURL": "b"}]}
    assert edited(spec, _flags("--revision", "v2"), position=2)["sources"][1] == {"repoURL": "b", "targetRevision": "v2"}
    with pytest.raises(Invalid, match="2 sources"):
        edited(spec, _flags("--revision", "v2"))
    with pytest.raises(Invalid, match="one source"):
        edited({"source": {}}, _flags("--revision", "v2"), position=2)


def test_create_set_and_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with _world(tmp_path, monkeypatch, capsys) as on:
        file, bad = tmp_path / "app.yaml", tmp_path / "bad.yaml"
        file.write_text(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: filed}\n"
            "spec: {source: {repoURL: x, path: y}}\n"
        )
        bad.write_text("kind: Service\n")
        on.play(f"""
            $ app create shop --repo https://example.com/r --path p --dry-run
            application 'shop' created (dry run)
            $ app create shop --repo https://example.com/r --path p --set-finalizer
            application 'shop' created
            $ app create shop --repo https://example.com/r --path p
            application 'shop' unchanged
            $ app create shop --repo https://example.com/r --path q
            (status 1)
            error: application 'shop' exists with another spec
            fix: `--upsert` changes it
            $ app create shop --repo https://example.com/r --path q --upsert
            application 'shop' updated
            $ app create -f {file} --revision v1
            application 'filed' created
            $ app create other -f {file}
            (status 1)
            error: the file says 'filed', the command line 'other'
            $ app create -f {bad}
            (status 1)
            error: * does not hold one Application
            $ app create -f {tmp_path}/none
            (status 1)
            error: * cannot be read: No such file or directory
            $ app create
            (status 1)
            error: the application has no name
            $ app create x
            (status 1)
            error: the application has no repository
            $ app create nowhere/x --repo https://example.com/r
            (status 1)
            error: *nowhere*
            $ app set shop --helm-set a=1 --values v.yaml --dest-namespace shop --kustomize-image a:1
            application 'shop' changed
            $ app set shop --helm-set a=1
            (status 1)
            error: this changes nothing
            $ app unset shop -p b
            (status 1)
            error: helm.parameters has no 'b'
            fix: there is a
            $ app unset shop -p a --values v.yaml --kustomize-image a
            application 'shop' changed
        """)
        spec = on.json("get", "shop")["spec"]
        assert spec["source"] == {"repoURL": "https://example.com/r", "path": "q"}
        assert spec["destination"] == {"server": "https://kubernetes.default.svc", "namespace": "shop"}
        assert on.json("get", "filed")["spec"]["source"] == {"repoURL": "x", "path": "y", "targetRevision": "v1"}


def test_without_controllers_and_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with _world(tmp_path, monkeypatch, capsys) as on:
        on.app("create", "shop", *REPO)
        assert "no controller looked at shop" in on.app("refresh", "shop", "--timeout", "1", status=3)
        assert "no controller took it up" in on.app("sync", "shop", "--timeout", "1", status=3)
        assert "taken back" in on.app("terminate-op", "shop")
        assert "sync of shop requested" in on.app("sync", "-l", "", "shop", "--async", "--strategy", "apply", "--force")
        operation = on.json("get", "shop")["operation"]
        assert operation["sync"] == {"prune": False, "syncStrategy": {"apply": {"force": True}}}
        assert "name the applications" in on.app("sync", status=1)
        assert "no application in namespace argocd matches" in on.app("sync", "-l", "a=b", status=1)
    with Environment(controllers=False) as environment:
        monkeypatch.setenv("KUBECONFIG", environment.kubeconfig)
        assert "this cluster has no applications" in on.app("list", status=1)


def test_deletion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings=settings("blue"))
        for name in ("kept", "shop"):
            on.create(name)
            on.app("sync", name)
        on.play("""
            $ app delete shop
            (status 1)
            error: this is to be confirmed, and nobody is there to ask
            fix: add --yes
            $ app delete kept --no-cascade -y --wait
            application 'kept' deleted
        """)
        assert on.environment.get("configmaps", "settings")
        on.app("sync", "shop")
        on.app("delete", "shop", "-y", "--wait", "--timeout", "30", "-p", "background")
        assert "settings" not in {tree["metadata"]["name"] for tree in on.environment.list("configmaps")}
        assert on.app("wait", "shop", "--delete") == ""


def test_usage_is_told_by_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run(["app", "sync", "shop", "--no-such-flag"])
    assert left.value.code == 2
    assert "unrecognized arguments: --no-such-flag" in capsys.readouterr().err

"""`app diff` and `app manifests`: the controller's own comparison, from the command line."""

from pathlib import Path

import pytest

from pilothouse.delivery.gitops.applications.differences import Difference
from pilothouse.delivery.gitops.cli.comparing.bench import at_revision, from_folder, tracking_of
from pilothouse.delivery.gitops.cli.comparing.difference import difference_lines
from pilothouse.delivery.gitops.config import GitOpsConfig
from tests.unit.delivery.gitops.cli.world import DEPLOYMENT, SECRET, SERVICE, settings, world


def test_a_diff_is_what_a_sync_would_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        first = on.commit(settings=settings("blue"), web=DEPLOYMENT, service=SERVICE, key=SECRET % "one")
        on.create()
        on.play("""
            $ app diff shop
            (status 1)
            ===== Secret default/key (would be created) ======
            ===== apps/Deployment default/web (would be created) ======
            + replicas: 2
            $ app sync shop
            $ app wait shop --timeout 30
            $ app diff shop
        """)
        assert on.app("diff", "shop") == ""
        on.commit(settings=settings("red"), service=None, key=SECRET % "two")
        on.play(f"""
            $ app diff shop
            (status 1)
            ===== Secret default/key ======
            - token: ++++++++++++
            + token: ++++++++
            ===== ConfigMap default/settings ======
            - color: blue
            + color: red
            ===== Service default/web (would be pruned) ======
            $ app diff shop --no-exit-code --resource :ConfigMap:settings
            + color: red
            $ app diff shop --diff-exit-code 7 --resource :ConfigMap:*
            (status 7)
            $ app diff shop --revision {first}
            $ app diff shop --revision nowhere
            (status 2)
            error: *nowhere*
            $ app diff shpo
            (status 2)
            fix: did you mean 'shop'?
        """)
        (on.folder / "settings.yaml").write_text(settings("green"))
        (on.folder / "junk.yaml").write_text(": not yaml")
        (on.folder / ".gitignore").write_text("junk.yaml\n")
        on.play(f"""
            $ app diff shop --local {on.folder}
            (status 1)
            + color: green
            $ app diff shop --local {on.folder}/nowhere
            (status 2)
            error: * is no folder
            $ app manifests shop
            namespace: default
            color: red
            $ app manifests shop --revision {first}
            color: blue
            $ app manifests shop --source live
            token: ++++++++
            color: blue
        """)
        assert sorted(path.name for path in on.folder.iterdir()) == [
            ".git", ".gitignore", "junk.yaml", "key.yaml", "settings.yaml", "web.yaml"
        ]  # fmt: skip


def test_rules_that_ignore_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings=settings("blue"), web=DEPLOYMENT)
        on.create()
        on.app("sync", "shop")
        on.commit(settings=settings("red"), web=DEPLOYMENT.replace("replicas: 2", "replicas: 3"))
        rule = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
        on.environment.patch("applications", "shop", {"spec": {"ignoreDifferences": [rule]}}, "argocd")
        rules = {"resource.customizations.ignoreDifferences._ConfigMap": "jqPathExpressions: ['.data.color']"}
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": rules}
        assert "replicas" not in on.app("diff", "shop", status=1)
        on.environment.create(config, "argocd")
        assert on.app("diff", "shop") == ""


def test_lines_of_a_difference() -> None:
    lines = difference_lines(Difference("", "ConfigMap", "", "c", {"data": {"a": "1"}}, {"data": {"a": "2"}}))
    assert lines[:3] == ["===== ConfigMap c ======", "--- live", "+++ desired"]
    assert lines[-3:] == ["-  a: '1'", "+  a: '2'", ""]


def test_applications_with_other_sources() -> None:
    one, many = {"spec": {"source": {"path": "p"}}}, {"spec": {"sources": [{"path": "p"}, {"ref": "v"}]}}
    assert at_revision(one, "") is one
    assert at_revision(one, "v1")["spec"]["source"] == {"path": "p", "targetRevision": "v1"}
    assert from_folder(many, "file:///r", "q")["spec"]["sources"] == [
        {"repoURL": "file:///r", "path": "q", "targetRevision": "HEAD"}, {"ref": "v"}
    ]  # fmt: skip
    assert tracking_of({"application.resourceTrackingMethod": "label"}, GitOpsConfig()).method == "label"

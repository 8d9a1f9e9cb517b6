"""`pilothouse app sets` against a control plane with GitOps."""

from pathlib import Path

import pytest
import yaml

from tests.unit.delivery.gitops.adapters.test_git import git
from tests.unit.delivery.gitops.cli.world import settings, world

SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: team, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - git: {repoURL: "file://REPO", revision: main, directories: [{path: apps/*}]}
  template:
    metadata: {name: "{{.path.basename}}"}
    spec:
      project: PROJECT
      source: {repoURL: "file://REPO", path: "{{.path.path}}", targetRevision: main}
      destination: {server: https://kubernetes.default.svc, namespace: default}
"""


def test_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as it:
        for name in ("web", "db"):
            (it.folder / "apps" / name).mkdir(parents=True)
            (it.folder / "apps" / name / "a.yaml").write_text(settings(name))
        git(it.folder, "add", "-A")
        git(it.folder, "commit", "-qm", "apps")
        file = tmp_path / "set.yaml"
        file.write_text(SET.replace("REPO", str(it.folder)).replace("PROJECT", "default"))
        found = list(yaml.safe_load_all(it.app("sets", "preview", str(file))))
        assert [app["metadata"]["name"] for app in found] == ["db", "web"]
        assert found[0]["spec"]["source"]["path"] == "apps/db"
        assert it.app("sets", "list") == "NAMESPACE  NAME  APPLICATIONS  GENERATORS  STATUS\n", "nothing was written"
        wrong = tmp_path / "wrong.yaml"
        wrong.write_text(SET.replace("REPO", str(it.folder)).replace("PROJECT", "nowhere"))
        assert "error: db: application references project nowhere" in it.app("sets", "preview", str(wrong), status=1)
        it.environment.create(yaml.safe_load(file.read_text()))
        while "team" not in it.app("sets", "list") or "UpToDate" not in it.app("sets", "list"):
            pass
        it.play("""
            $ app sets list
            argocd team 2 git UpToDate
            $ app sets get team
            Name: team
            Applications: 2
            ParametersGenerated: True *
            APPLICATION SYNC HEALTH STEP ROLLOUT
            db *
            $ app sets list -o name
            argocd/team
            $ app sets get
            (status 1)
            *takes the name of an ApplicationSet*
            $ app sets preview /does/not/exist
            (status 1)
            *cannot be read*
            $ app sets get none
            (status 1)
            *not found*
        """)
        assert it.json("sets", "get", "team")["kind"] == "ApplicationSet"
        wrong.write_text("kind: Other\n")
        assert "0 ApplicationSets" in it.app("sets", "preview", str(wrong), status=1)

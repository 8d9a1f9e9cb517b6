"""`pilothouse app actions` against a control plane: what is offered, and what it does to live objects."""

import json
from pathlib import Path

import pytest

from pilothouse.app import main
from pilothouse.delivery.gitops.types import definitions
from pilothouse.testing import Environment

CRON_JOB = {
    "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tidy", "namespace": "default"},
    "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "c", "image": "app:1"}]}}}}},
}  # fmt: skip
DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
        "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:1"}]}}},
}  # fmt: skip
APP = {
    "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop", "namespace": "default"},
    "spec": {"project": "default", "source": {"repoURL": "https://example.com/r", "path": "."},
             "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"}},
    "status": {"resources": [
        {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "default", "name": "web", "status": "Synced"},
        {"group": "batch", "version": "v1", "kind": "CronJob", "namespace": "default", "name": "tidy", "status": "Synced"},
    ]},
}  # fmt: skip


def test_actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Environment(crds=_definitions(tmp_path)) as environment:
        monkeypatch.setenv("KUBECONFIG", environment.kubeconfig)
        for tree in (DEPLOYMENT, CRON_JOB, APP):
            environment.create(tree)

        def actions(*words: str) -> int:
            return main.run(["app", "actions", *words, "-n", "default"])

        assert actions("list", "shop") == 0
        shown = capsys.readouterr().out
        assert [line.split() for line in shown.splitlines()[1:4]] == [
            ["Deployment", "web", "restart", "yes"], ["Deployment", "web", "pause", "yes"], ["Deployment", "web", "resume", "no"],
        ]  # fmt: skip
        assert actions("run", "shop", "scale", "--kind", "Deployment", "--param", "replicas=4") == 0
        assert environment.get("deployments", "web")["spec"]["replicas"] == 4
        assert actions("run", "shop", "restart", "--kind", "Deployment") == 0
        assert actions("run", "shop", "create-job", "--resource-name", "tidy") == 0
        (job,) = environment.list("jobs")
        assert job["metadata"]["name"].startswith("tidy-")
        assert actions("run", "shop", "restart") == 1
        assert "these match: Deployment/web, CronJob/tidy" in capsys.readouterr().err
        assert actions("run", "shop", "fly", "--kind", "Deployment") == 1
        assert "has no action 'fly'" in capsys.readouterr().err


def _definitions(folder: Path) -> list[Path]:
    path = folder / "definitions.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": definitions()}))
    return [path]

"""A control plane with GitOps and a Git repository, and the command line against it, in process."""

import json
import shlex
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from pilothouse.app import main
from pilothouse.testing import Environment
from tests.unit.delivery.gitops.adapters.test_git import git

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {argocd.argoproj.io/sync-wave: "1"}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {token: %s}\n"


def settings(value: str) -> str:
    """A ConfigMap as a file."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{color: {value}}}\n"


class World:
    """What a test does with the platform."""

    def __init__(self, environment: Environment, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.environment, self.folder, self._capsys = environment, folder, capsys

    def commit(self, **files: str | None) -> str:
        """Commit files; None removes one."""
        for name, text in files.items():
            path = self.folder / f"{name}.yaml"
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-qm", "change")
        return git(self.folder, "rev-parse", "HEAD")

    def app(self, *words: str, status: int = 0) -> str:
        """Run `pilothouse app WORDS`; returns what it printed, errors included when it is to fail."""
        done = main.run(["app", *words])
        printed = self._capsys.readouterr()
        assert done == status, f"status {done}\n{printed.out}\n{printed.err}"
        return printed.out + (printed.err if status else "")

    def play(self, transcript: str) -> None:
        """Run a transcript: commands behind `$ app`, below each the lines it prints, in this order, among others perhaps.

        `(status 1)` says how it ends; REPO stands for the repository; `*` in a line stands for anything.
        """
        for block in textwrap.dedent(transcript).strip().split("$ app ")[1:]:
            command, *lines = block.strip().splitlines()
            status = next((int(line[8:-1]) for line in lines if line.startswith("(status ")), 0)
            printed = self.app(*shlex.split(command.replace("REPO", f"file://{self.folder}")), status=status)
            rest = iter([" ".join(line.split()) for line in printed.splitlines()])
            for line in lines:
                pattern = " ".join(line.split())
                if not pattern.startswith("(status "):
                    assert any(fnmatchcase(each, pattern.replace("[", "[[]")) for each in rest), (
                        f"$ app {command}: no {pattern!r} in\n{printed}"
                    )

    def json(self, *words: str) -> Any:
        """Run a verb with `-o json`."""
        return json.loads(self.app(*words, "-o", "json"))

    def create(self, name: str = "shop", *words: str) -> str:
        """Create an application of the repository."""
        where = ["--repo", f"file://{self.folder}", "--path", ".", "--revision", "main", "--dest-namespace", "default"]
        return self.app("create", name, *where, *words)


@contextmanager
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """Yield a platform whose controllers run."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    with Environment(controllers=["workloads", "gitops"], nodes=1) as environment:
        monkeypatch.setenv("KUBECONFIG", environment.kubeconfig)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        environment.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        yield World(environment, folder, capsys)

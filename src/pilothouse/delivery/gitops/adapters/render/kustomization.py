"""Render a kustomization, with the edits a source asks for; what our engine leaves out is given to kubectl if there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.render.chart import render_chart
from pilothouse.delivery.gitops.adapters.render.manifests import parse
from pilothouse.delivery.gitops.adapters.render.workspace import Task
from pilothouse.delivery.gitops.engine.kustomize import Builder, KustomizationNotSupported
from pilothouse.delivery.gitops.engine.kustomize.edits import edited
from pilothouse.delivery.gitops.engine.kustomize.loading import NAMES, Remote, read_kustomization
from pilothouse.delivery.gitops.engine.sources.files import Files, clean_path, join_path
from pilothouse.delivery.gitops.engine.sources.needs import ChartNeed, GitNeed
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import is_local

TIMEOUT_S = 60


def render_kustomization(task: Task) -> list[Tree]:
    """Return the objects of a kustomization; raises `SourceInvalid` or `SourceNotSupported`."""
    folder = clean_path(task.source.path)

    def edit(tree: dict[str, Any]) -> dict[str, Any]:
        return edited(
            tree, task.source.kustomize, task.environment.expand,
            lambda path: task.files.entries(join_path(folder, path)) is not None,
        )  # fmt: skip

    def remote(base: Remote) -> Files:
        if is_local(base.url) and not is_local(task.source.repo_url):
            raise SourceInvalid(f"base {base.url} is a folder of this machine, which a repository of elsewhere may not read")
        return task.workspace.base(GitNeed(base.url, base.ref))

    def inflate(files: Files, place: str, entry: dict[str, Any]) -> Iterable[Tree]:
        return _inflated(task, files, place, entry)

    try:
        return Builder(remote, inflate).build(task.files, folder, edit)
    except KustomizationNotSupported as error:
        program = shutil.which("kubectl")
        if program is None:
            raise
        return _by_kubectl(task, folder, program, edit, error)


def _by_kubectl(task: Task, folder: str, program: str, edit: Any, reason: KustomizationNotSupported) -> list[Tree]:
    """Return what kubectl makes of the source's files, written to a folder of its own; nothing else of this machine is there."""
    tree = _raw(task.files, folder)
    changed = edit(tree) if task.source.kustomize else tree
    with tempfile.TemporaryDirectory(prefix="pilothouse-kustomize-") as work:
        for name, data in task.files.walk("").items():
            path = Path(work) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        root = Path(work) / folder
        if task.source.kustomize:
            for name in NAMES:
                (root / name).unlink(missing_ok=True)
            (root / NAMES[0]).write_text(yaml.safe_dump(changed), encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "HOME": work, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh"}
        try:
            done = subprocess.run(
                [program, "kustomize", str(root)], capture_output=True, check=False, timeout=TIMEOUT_S, env=environment, cwd=work
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceInvalid(f"kubectl kustomize did not finish: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").replace(work, "").strip()[:2000]
        raise SourceInvalid(f"kubectl kustomize of {folder or '.'} failed ({reason.message}): {said}")
    return parse(done.stdout.decode("utf-8", "replace"), folder or ".")


def _raw(files: Files, folder: str) -> dict[str, Any]:
    for name in NAMES:
        data = files.read(join_path(folder, name))
        if data is not None:
            found = yaml.safe_load(data)
            return found if isinstance(found, dict) else {}
    return read_kustomization(files, folder)


def _inflated(task: Task, files: Files, place: str, entry: dict[str, Any]) -> list[Tree]:
    """Return the objects of an entry of `helmCharts`: of a chart beside the kustomization, or of a repository."""
    name, version = str(entry.get("name") or ""), str(entry.get("version") or "")
    if not name:
        raise SourceInvalid(f"helmCharts of {place or '.'}: an entry has no name")
    home = join_path(place, f"{entry.get('chartHome') or 'charts'}/{name}")
    if files.entries(home) is not None:
        found, folder = dict(files.walk(home)), home
    elif entry.get("repo"):
        found, folder = dict(task.workspace.archive(ChartNeed(str(entry["repo"]), name, version))), place
    else:
        raise SourceInvalid(f"helmCharts of {place or '.'}: chart {name} is neither in {home} nor of a repo")
    paths = [entry["valuesFile"]] if entry.get("valuesFile") else []
    paths += entry.get("additionalValuesFiles") or []
    helm = {
        "releaseName": entry.get("releaseName") or "release-name", "namespace": entry.get("namespace"),
        "valueFiles": [f"/{join_path(place, str(path))}" for path in paths], "valuesObject": entry.get("valuesInline"),
        "skipCrds": not entry.get("includeCRDs"), "kubeVersion": entry.get("kubeVersion"),
        "apiVersions": entry.get("apiVersions"),
    }  # fmt: skip
    own = msgspec.structs.replace(task, source=msgspec.structs.replace(task.source, helm={}, path=home, chart=""))
    return render_chart(own, found, folder, {key: value for key, value in helm.items() if value})

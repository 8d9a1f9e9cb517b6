"""Render every source of an Application by the tool its files ask for, and put the objects together."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery import charts
from pilothouse.delivery.gitops.adapters.git import missing_path
from pilothouse.delivery.gitops.adapters.render.chart import render_source_chart
from pilothouse.delivery.gitops.adapters.render.kustomization import render_kustomization
from pilothouse.delivery.gitops.adapters.render.manifests import render_directory
from pilothouse.delivery.gitops.adapters.render.workspace import Task, Workspace
from pilothouse.delivery.gitops.engine.sources.environment import environment_of
from pilothouse.delivery.gitops.engine.sources.files import clean_path, join_path
from pilothouse.delivery.gitops.engine.sources.overrides import overridden
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import Source

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_TYPES = {"helm": "Helm", "kustomize": "Kustomize", "directory": "Directory"}
_TOOLS = {"Helm": render_source_chart, "Kustomize": render_kustomization}


class Combined(msgspec.Struct, frozen=True):
    """The objects of all sources."""

    objects: list[Tree]
    types: tuple[str, ...]
    warnings: tuple[str, ...]
    is_revision_used: bool


def render_sources(workspace: Workspace, engine: Any) -> Combined:
    """Return the objects of all sources, a later one in place of an earlier one of the same identity."""
    found: dict[tuple[str, ...], Tree] = {}
    loose: list[Tree] = []
    types: list[str] = []
    warnings: list[str] = []
    used = False
    for index, source in enumerate(workspace.app.sources):
        if source.is_files_only:
            continue
        task = _task(workspace, index, source, engine)
        types.append(_type_of(task))
        for tree in _objects(task, types[-1]):
            key = _identity(tree)
            if not key[-1]:
                loose.append(tree)
                continue
            if key in found and len(workspace.app.sources) > 1:
                warnings.append(f"Resource {'/'.join(key)} appeared several times among the sources; the last one counts")
            found[key if key not in found or len(workspace.app.sources) > 1 else (*key, str(len(found)))] = tree
        used = used or task.environment.is_revision_used
    return Combined([*found.values(), *loose], tuple(types), tuple(warnings), used)


def _task(workspace: Workspace, index: int, source: Source, engine: Any) -> Task:
    app, files, revision = workspace.app, workspace.files(index), workspace.revisions[index]
    if not source.is_chart:
        if files.entries(clean_path(source.path)) is None:
            raise missing_path(source.path, revision, source.repo_url)
        source = overridden(source, files, app.name)
    facts = {"name": app.name, "namespace": app.destination_namespace, "project": app.project}
    environment = environment_of(facts, source, revision, charts.Capabilities().kube_version)
    return Task(workspace, index, source, environment, engine)


def _type_of(task: Task) -> str:
    """Return the tool the user named, or the one the files are for."""
    source = task.source
    if source.is_chart:
        return "Helm"
    if source.explicit:
        return _TYPES[source.explicit]
    if task.files.read(join_path(source.path, "Chart.yaml")) is not None:
        return "Helm"
    names = task.files.entries(clean_path(source.path)) or {}
    return "Kustomize" if any(names.get(name) is False for name in KUSTOMIZATIONS) else "Directory"


def _objects(task: Task, kind: str) -> list[Tree]:
    tool = _TOOLS.get(kind)
    try:
        return tool(task) if tool is not None else render_directory(task.source, task.files)
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"[:200]
        raise SourceInvalid(
            f"the {kind} source {task.source.path} has a field of another shape than documented ({problem})",
            fix="compare the source with the reference of Argo CD",
        ) from error


def _identity(tree: Tree) -> tuple[str, ...]:
    group = str(tree.get("apiVersion", "")).rpartition("/")[0]
    return group, str(tree.get("kind", "")), namespace_of(tree), name_of(tree)

"""Render a kustomization, with the edits a source asks for."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.render.workspace import Task
from pilothouse.delivery.gitops.errors import SourceInvalid


def render_kustomization(task: Task) -> list[Tree]:
    """Return the objects of a kustomization."""
    raise SourceInvalid(f"{task.source.path} is a kustomization, which is not supported yet")

"""What generators have to know of the world. Whoever drives a generator answers each of these, or throws `GeneratorFailed`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from pilothouse.api.meta import Tree

Params = dict[str, Any]
"""The parameters of one Application."""


class Clusters(msgspec.Struct, frozen=True):
    """The cluster Secrets that a label selector matches: name, labels, annotations, and data as text."""

    selector: Tree


class Directories(msgspec.Struct, frozen=True):
    """The paths of all directories of a repository, sorted."""

    repo_url: str
    revision: str
    project: str


class Files(msgspec.Struct, frozen=True):
    """The files of a repository that a pattern matches: text by path."""

    repo_url: str
    revision: str
    project: str
    pattern: str


class PullRequests(msgspec.Struct, frozen=True):
    """The pull requests that a `pullRequest` generator selects; `RepositoryMissing` when there is no such repository."""

    spec: Tree


class Repositories(msgspec.Struct, frozen=True):
    """The repositories that an `scmProvider` generator selects."""

    spec: Tree


class PluginOutput(msgspec.Struct, frozen=True):
    """The parameters that a plugin answers with."""

    config_map: str
    parameters: Tree


class Decisions(msgspec.Struct, frozen=True):
    """The data of a ConfigMap and the resources it leads to: called again with `kind` set for the resources."""

    config_map: str
    api_version: str = ""
    kind: str = ""
    name: str = ""
    selector: Tree = {}


Ask = Clusters | Directories | Files | PullRequests | Repositories | PluginOutput | Decisions
Asking = Generator[Ask, Any, list[Params]]
"""Yields asks, is sent answers, and returns the parameters of each Application."""

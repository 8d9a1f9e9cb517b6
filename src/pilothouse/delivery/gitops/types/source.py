"""Where the manifests of an Application come from."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported


class Source(msgspec.Struct, frozen=True):
    """Where manifests come from."""

    repo_url: str
    path: str
    target_revision: str = "HEAD"
    helm: dict[str, Any] = {}
    directory: dict[str, Any] = {}


def is_local(repo_url: str) -> bool:
    """Whether a repository is on this machine, so that looking at it often costs nothing."""
    return repo_url.startswith(("file://", "/"))


def read_source(spec: Tree) -> Source:
    """Return the source of an Application's spec; raises `SourceInvalid` or `SourceNotSupported`."""
    if spec.get("sources"):
        raise SourceNotSupported("spec.sources: several sources are not supported yet", fix="use spec.source")
    raw = spec.get("source") or {}
    if not raw.get("repoURL"):
        raise SourceInvalid("spec.source.repoURL is not set")
    if raw.get("chart"):
        raise SourceNotSupported("spec.source.chart: charts from Helm repositories are not supported yet", fix="use a Git source")
    for name in ("kustomize", "plugin"):
        if raw.get(name):
            raise SourceNotSupported(
                f"spec.source.{name} is not supported yet", fix="use a directory of manifests or a Helm chart"
            )
    return Source(
        str(raw["repoURL"]), str(raw.get("path") or "."), str(raw.get("targetRevision") or "HEAD"),
        raw.get("helm") or {}, raw.get("directory") or {},
    )  # fmt: skip

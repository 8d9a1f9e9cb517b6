"""Where the manifests of an Application come from."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported

MAX_SOURCES = 50
_TOOLS = ("helm", "kustomize", "directory", "plugin")


def is_local(url: str) -> bool:
    """Whether a repository is a folder of this machine, so that looking at it often costs nothing."""
    return url.startswith(("file://", "/", "./", "../"))


def is_registry(url: str) -> bool:
    """Whether an address is one of a registry of artefacts."""
    return url.startswith("oci://")


class Source(msgspec.Struct, frozen=True):
    """Where manifests come from."""

    repo_url: str
    path: str = "."
    target_revision: str = "HEAD"
    helm: dict[str, Any] = {}
    directory: dict[str, Any] = {}
    kustomize: dict[str, Any] = {}
    chart: str = ""
    """Name of a chart in a Helm repository or registry; empty for Git and plain artefacts."""
    ref: str = ""
    """Name by which value files of the other sources refer to this one."""
    name: str = ""
    has_path: bool = True
    """Whether `path` was given: a source with only a `ref` renders nothing."""
    explicit: str = ""
    """The tool the user named by filling in its member, empty when the files decide."""

    @property
    def is_chart(self) -> bool:
        """Whether it is a chart of a repository or registry."""
        return bool(self.chart)

    @property
    def is_artifact(self) -> bool:
        """Whether it is a plain artefact of a registry."""
        return not self.chart and is_registry(self.repo_url)

    @property
    def is_files_only(self) -> bool:
        """Whether it only serves value files to other sources."""
        return bool(self.ref) and not self.has_path and not self.chart


def read_sources(spec: Tree) -> tuple[Source, ...]:
    """Return the sources of an Application's spec, `sources` before `source`; raises `SourceInvalid` or `SourceNotSupported`."""
    listed = spec.get("sources")
    if listed:
        if not isinstance(listed, list) or len(listed) > MAX_SOURCES:
            raise SourceInvalid(f"spec.sources is no list of at most {MAX_SOURCES} sources")
        found = tuple(read_one(raw, f"spec.sources[{index}]") for index, raw in enumerate(listed))
        names = [source.ref for source in found if source.ref]
        repeated = next((name for name in names if names.count(name) > 1), "")
        if repeated:
            raise SourceInvalid(f"spec.sources: ref {repeated!r} is used by several sources", fix="give each its own name")
        return found
    return (read_one(spec.get("source"), "spec.source"),)


def read_source(spec: Tree) -> Source:
    """Return the first source of an Application's spec."""
    return read_sources(spec)[0]


def read_one(raw: Any, where: str) -> Source:
    """Return one source; raises `SourceInvalid` or `SourceNotSupported`."""
    raw = {} if raw is None else raw
    if not isinstance(raw, dict):
        raise SourceInvalid(f"{where} is no map")
    if not raw.get("repoURL"):
        raise SourceInvalid(f"{where}.repoURL is not set")
    for key in _TOOLS:
        if raw.get(key) is not None and not isinstance(raw[key], dict):
            raise SourceInvalid(f"{where}.{key} is no map")
    if raw.get("plugin"):
        raise SourceNotSupported(
            f"{where}.plugin: config management plugins are not supported", fix="use a chart or a kustomization"
        )
    named = [key for key in _TOOLS if raw.get(key)]
    if len(named) > 1:
        raise SourceInvalid(f"{where} names several tools ({', '.join(named)})", fix="keep one of them")
    if raw.get("chart") and not raw.get("targetRevision"):
        raise SourceInvalid(f"{where}.targetRevision is needed for a chart", fix="set a version or a range such as ^1.2.0")
    return Source(
        str(raw["repoURL"]), str(raw.get("path") or "."), str(raw.get("targetRevision") or "HEAD"), raw.get("helm") or {},
        raw.get("directory") or {}, raw.get("kustomize") or {}, str(raw.get("chart") or ""), str(raw.get("ref") or ""),
        str(raw.get("name") or ""), bool(raw.get("path")) or not raw.get("ref"), named[0] if named else "",
    )  # fmt: skip

"""What one render may read: the files of its sources, and what was brought from elsewhere for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.engine.sources.environment import Environment
from pilothouse.delivery.gitops.engine.sources.files import Files, MappingFiles
from pilothouse.delivery.gitops.engine.sources.needs import ArtifactNeed, ChartNeed, GitNeed, Missing
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.source import Source


class Workspace:
    """The sources of one render."""

    def __init__(
        self, app: App, revisions: tuple[str, ...], mirrors: GitMirrors, provided: Mapping[Any, Any],
        archive: Callable[[ChartNeed | ArtifactNeed], Mapping[str, bytes] | None],
    ) -> None:  # fmt: skip
        """Read the sources of `app` at `revisions`; `archive` returns unpacked charts and artefacts that are here."""
        self.app, self.revisions, self._mirrors, self._provided, self._archive = app, revisions, mirrors, provided, archive
        self._files: dict[int, Files] = {}
        self._bases: dict[GitNeed, Files] = {}

    def files(self, index: int) -> Files:
        """Return the files of a source; raises `Missing`."""
        found = self._files.get(index)
        if found is None:
            found = self._files[index] = self._open(self.app.sources[index], self.revisions[index])
        return found

    def _open(self, source: Source, revision: str) -> Files:
        if source.is_chart:
            everywhere = bool(source.helm.get("passCredentials"))
            return MappingFiles(self.archive(ChartNeed(source.repo_url, source.chart, revision, everywhere)))
        if source.is_artifact:
            return MappingFiles(self.archive(ArtifactNeed(source.repo_url, revision)))
        return self._mirrors.files_of(source.repo_url, revision)

    def archive(self, need: ChartNeed | ArtifactNeed) -> Mapping[str, bytes]:
        """Return the files of a chart or artefact; raises `Missing`."""
        found = self._archive(need)
        if found is None:
            raise Missing(need)
        return found

    def base(self, need: GitNeed) -> Files:
        """Return the files of another repository; raises `Missing`."""
        if need not in self._provided:
            raise Missing(need)
        if need not in self._bases:
            self._bases[need] = self._mirrors.files_of(need.url, self._provided[need])
        return self._bases[need]

    def referred(self, name: str) -> Files:
        """Return the files of the source with a `ref`; raises `SourceInvalid`."""
        for index, source in enumerate(self.app.sources):
            if source.ref == name:
                if source.is_chart:
                    raise SourceInvalid(f"${name} is a chart, which cannot be referred to", fix="refer to a Git source")
                return self.files(index)
        raise SourceInvalid(f"no source has ref {name!r}", fix="add `ref` to the source the value file is in")

    def reads(self) -> dict[int, dict[str, str]]:
        """Return what was read of each Git source, with its tokens."""
        return {index: dict(getattr(files, "reads", {})) for index, files in self._files.items()}


class Task(msgspec.Struct, frozen=True):
    """One source to render."""

    workspace: Workspace
    index: int
    source: Source
    environment: Environment
    engine: Any
    """What charts are rendered with: clock, cache."""

    @property
    def app(self) -> App:
        """The Application."""
        return self.workspace.app

    @property
    def files(self) -> Files:
        """The files of the source."""
        return self.workspace.files(self.index)

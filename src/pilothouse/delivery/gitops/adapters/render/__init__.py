"""From the sources of an Application to the objects that are wanted.

`resolve` says which commit, version or digest every source is at; `render` gives the objects. A render is kept with the tokens of
all it read, and used again at any later commit where these are the same: one commit that touches one Application of a thousand
renders exactly one. Renders run on one thread, which shares one cache of compiled templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.render.memory import MAX_BYTES, Kept, Memory, Rendering, cost_of
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.needs import ArtifactNeed, ChartNeed, CommitNeed, GitNeed, Missing, Need
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.aio import Threads
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError, Unavailable

__all__ = ["Renderer", "Rendering"]
T = TypeVar("T")
AccessOf = Callable[[str], Access]
AccessFor = Callable[[App], AccessOf]
MAX_NEEDS = 200


def _anonymous(app: App) -> AccessOf:
    return Access


class Renderer:
    """Resolves and renders sources."""

    def __init__(
        self, mirrors: GitMirrors, clock: Clock, *, access: AccessFor = _anonymous, max_bytes: int = MAX_BYTES,
        root: Path | None = None,
    ) -> None:  # fmt: skip
        """Read Git through `mirrors`; `access` gives the credentials an Application may use."""
        from pilothouse.delivery.gitops.adapters.render.archives import Archives

        self._mirrors, self._clock, self._access = mirrors, clock, access
        self._archives = Archives(root or mirrors.root, clock)
        self._memory = Memory(max_bytes)
        self._thread = Threads("render", 1)
        self._engine: Any = None
        self.renders = 0
        """How many renders there were."""

    async def resolve(self, app: App, *, max_age_s: float = 0.0) -> tuple[str, ...]:
        """Return the commit, version or digest of every source; looks that are younger than `max_age_s` are believed."""
        await self._mirrors.use(_key(app), [s.repo_url for s in app.sources if not (s.is_chart or s.is_artifact)])
        access_of = self._access(app)
        found: list[str] = []
        for source in app.sources:
            url, wanted, access = source.repo_url, source.target_revision, access_of(source.repo_url)
            if source.is_chart:
                found.append(await self._archives.chart_version(url, source.chart, wanted, access, max_age_s))
            elif source.is_artifact:
                found.append(await self._archives.artifact_digest(url, wanted, access, max_age_s))
            else:
                found.append(await self._mirrors.resolve(url, wanted, access, max_age_s=max_age_s))
        return tuple(found)

    async def forget(self, name: str, namespace: str) -> None:
        """Drop what is kept of an Application that is gone, with mirrors nobody else uses."""
        self._memory.drop((namespace, name))
        await self._mirrors.use((namespace, name), [])

    def reads(self, name: str, namespace: str) -> Mapping[int, Mapping[str, str]]:
        """Return the paths an Application's last render read, by source; empty when that is not known."""
        return self._memory.reads((namespace, name))

    async def render(self, app: App, revisions: str | tuple[str, ...]) -> list[Tree]:
        """Return the objects of all sources; raises `SourceInvalid` with the file."""
        return (await self.rendering(app, revisions)).objects

    async def rendering(self, app: App, revisions: str | tuple[str, ...]) -> Rendering:
        """Return the objects of all sources and where they are from; raises `SourceInvalid` with the file."""
        wanted = (revisions,) if isinstance(revisions, str) else revisions
        if len(wanted) != len(app.sources):
            raise SourceInvalid(f"{len(wanted)} revisions were given for {len(app.sources)} sources")
        parameters, kept = _parameters(app), self._memory.get(_key(app))
        if kept is not None and kept.parameters == parameters and kept.rendering.revisions == wanted and not kept.bases:
            return _outcome(kept)
        kept = await self._still_good(app, kept, parameters, wanted) or await self._fresh(app, parameters, wanted)
        self._memory.put(_key(app), kept)
        return _outcome(kept)

    async def _still_good(self, app: App, kept: Kept | None, parameters: bytes, revisions: tuple[str, ...]) -> Kept | None:
        """Return a kept render that is as good for other revisions, None when something it read changed."""
        from msgspec.structs import replace

        if kept is None or kept.parameters != parameters or kept.failure is not None:
            return None
        before = kept.rendering.revisions
        if kept.is_revision_used and before != revisions:
            return None
        for need, commit in kept.bases.items():
            if await self._provide(app, need) != commit:
                return None
        changed = [index for index, revision in enumerate(revisions) if revision != before[index]]
        if any(app.sources[index].is_chart or app.sources[index].is_artifact for index in changed):
            return None
        if not await self._thread.run(lambda: all(self._reads_same(app, revisions, kept, index) for index in changed)):
            return None
        return replace(kept, rendering=replace(kept.rendering, revisions=revisions))

    def _reads_same(self, app: App, revisions: tuple[str, ...], kept: Kept, index: int) -> bool:
        reads = kept.reads.get(index, {})
        try:
            files = self._mirrors.files_of(app.sources[index].repo_url, revisions[index])
            return all(files.token(path) == token for path, token in reads.items())
        except (PilothouseError, Missing):
            return False

    async def _fresh(self, app: App, parameters: bytes, revisions: tuple[str, ...]) -> Kept:
        provided: dict[Need, Any] = {}
        for _ in range(MAX_NEEDS):
            try:
                return await self._thread.run(partial(self._render, app, parameters, revisions, provided))
            except Missing as missing:
                if missing.need in provided:
                    raise SourceInvalid(f"{missing.need} was fetched and is not there") from None
                provided[missing.need] = await self._provide(app, missing.need)
            except Unavailable:
                raise
            except PilothouseError as error:
                return Kept(parameters, Rendering([], revisions), {}, failure=error)
        raise SourceInvalid(f"the sources need more than {MAX_NEEDS} charts, bases and submodules")

    async def _provide(self, app: App, need: Need) -> str:
        access_of = self._access(app)
        if isinstance(need, CommitNeed):
            await self._mirrors.bring(need, access_of)
        elif isinstance(need, GitNeed):
            return await self._mirrors.resolve(need.url, need.revision, access_of(need.url), max_age_s=60.0)
        else:
            assert isinstance(need, ChartNeed | ArtifactNeed)
            await self._archives.bring(need, access_of(need.url))
        return ""

    def _render(self, app: App, parameters: bytes, revisions: tuple[str, ...], provided: Mapping[Need, Any]) -> Kept:
        """Render; runs on the thread of renders."""
        from pilothouse.delivery.gitops.adapters.render.chart import ChartEngine
        from pilothouse.delivery.gitops.adapters.render.sources import render_sources
        from pilothouse.delivery.gitops.adapters.render.workspace import Workspace

        self._engine = self._engine or ChartEngine(self._clock)
        self.renders += 1
        workspace = Workspace(app, revisions, self._mirrors, provided, self._archives.kept)
        rendered = render_sources(workspace, self._engine)
        reads = workspace.reads()
        rendering = Rendering(rendered.objects, revisions, rendered.types, self.renders, rendered.warnings)
        bases = {need: str(commit) for need, commit in provided.items() if isinstance(need, GitNeed)}
        cost = cost_of(rendered.objects, reads)
        return Kept(parameters, rendering, reads, bases, rendered.is_revision_used, cost=cost)


def _outcome(kept: Kept) -> Rendering:
    if kept.failure is not None:
        raise kept.failure.with_traceback(None)
    return kept.rendering


def _key(app: App) -> tuple[str, str]:
    return namespace_of(app.tree), name_of(app.tree)


def _parameters(app: App) -> bytes:
    """Return all of an Application that a render depends on."""
    spec = app.tree.get("spec") or {}
    uid = metadata(app.tree).get("uid")
    parts = [spec.get("source"), spec.get("sources"), app.project, app.destination_namespace, uid]
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)

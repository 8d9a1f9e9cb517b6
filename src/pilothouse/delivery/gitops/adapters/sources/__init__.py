"""The sources of Applications on this platform: credentials of the cluster, mirrors on disk, renders in memory.

The controller asks it what an Application wants now, and how long that may be believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.git import GitMirrors, jittered
from pilothouse.delivery.gitops.adapters.render import Renderer, Rendering
from pilothouse.delivery.gitops.adapters.sources.credentials import RepositorySecrets
from pilothouse.delivery.gitops.adapters.sources.watching import RepositoryWatch, interval_s
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.webhooks import Push, is_affected
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.manager import Manager

STALE_S = 7 * 86400.0
"""Mirrors that nobody looked at for so long are of Applications that are gone."""


class Sources:
    """Says what Applications want."""

    def __init__(self, manager: Manager, mirrors: GitMirrors, config: GitOpsConfig) -> None:
        """Read Git through `mirrors`."""
        self._mirrors, self._config = mirrors, config
        self._secrets = RepositorySecrets(manager, config.namespace)
        self._renderer = Renderer(mirrors, manager.clock, access=self._secrets.of, max_bytes=config.render_memory_bytes)
        self._known_hosts = ""
        self._is_clean = False

    async def rendering(self, app: App, *, is_refresh: bool = False) -> Rendering:
        """Return what an Application wants; repositories are asked when it is time, or at once for a refresh.

        Raises what is wrong with a source.
        """
        await self._secrets.start()
        if not self._is_clean:
            self._is_clean = True
            await self._mirrors.remove_stale(STALE_S)
        known_hosts = self._secrets.known_hosts()
        if known_hosts != self._known_hosts:
            self._known_hosts = known_hosts
            await self._mirrors.trust_hosts(known_hosts)
        revisions = await self._renderer.resolve(app, max_age_s=0.0 if is_refresh else self._max_age_s(app))
        return await self._renderer.rendering(app, revisions)

    def poll_s(self, app: App) -> float:
        """Return the seconds until an Application's sources are looked at again."""
        return jittered(self._config.poll_s, app.source.repo_url)

    def watch(self, clock: Clock, on_news: Callable[[str], None]) -> RepositoryWatch:
        """Return what looks at the repositories in between."""
        return RepositoryWatch(self._mirrors, self._config, clock, on_news)

    def _max_age_s(self, app: App) -> float:
        """Return how old the references of repositories may be: those of all repositories are looked at together."""
        return 2 * max(interval_s(source.repo_url, self._config) for source in app.sources)

    def reads(self, name: str, namespace: str) -> Mapping[int, Mapping[str, str]]:
        """Return the paths the last render read, by source; empty when that is not known."""
        return self._renderer.reads(name, namespace)

    def announced(self, push: Push, trees: Iterable[Tree]) -> list[App]:
        """Return the Applications a push is about; their repositories are asked again at the next occasion."""
        self._mirrors.expect_news(push.urls)
        found: list[App] = []
        for tree in trees:
            try:
                app = read_app(tree)
            except PilothouseError:
                continue
            reads = self.reads(app.name, app.namespace)
            if any(is_affected(push, source, reads.get(index, {})) for index, source in enumerate(app.sources)):
                found.append(app)
        return found

    async def forget(self, name: str, namespace: str) -> None:
        """Drop what is kept of an Application that is gone, with the mirrors only it used."""
        await self._renderer.forget(name, namespace)

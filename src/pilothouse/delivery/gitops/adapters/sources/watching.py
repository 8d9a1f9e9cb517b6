"""Look at the repositories in use when it is time, and tell whose references changed.

One look serves all Applications of a repository, and an Application is only woken when there is news: doing nothing costs the
same for one and for a thousand.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.delivery.gitops.adapters.git import GitMirrors, jittered
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.types import is_local
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock

Place = tuple[str, Access]


def interval_s(url: str, config: GitOpsConfig) -> float:
    """Return the seconds between two looks at a repository."""
    return config.local_poll_s if is_local(url) else jittered(config.poll_s, url)


class RepositoryWatch:
    """Runs beside the controllers that use the mirrors."""

    def __init__(self, mirrors: GitMirrors, config: GitOpsConfig, clock: Clock, on_news: Callable[[str], None]) -> None:
        """Call `on_news(url)` when the references of a repository are others than before."""
        self._mirrors, self._config, self._clock, self._on_news = mirrors, config, clock, on_news
        self._tasks = TaskScope("repositories")
        self._looking: set[Place] = set()

    async def start(self) -> None:
        """Begin to look."""
        self._tasks.spawn(self._run(), "watch")

    async def stop(self) -> None:
        """Stop looking."""
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(min(self._config.local_poll_s, self._config.poll_s))
            for place in self._mirrors.due(lambda url: interval_s(url, self._config)):
                if place not in self._looking:
                    self._looking.add(place)
                    self._tasks.spawn(self._look(place), "look")

    async def _look(self, place: Place) -> None:
        """Look once; what went wrong is told by the next Application that needs the repository."""
        try:
            if await self._mirrors.look(*place):
                self._on_news(place[0])
        finally:
            self._looking.discard(place)

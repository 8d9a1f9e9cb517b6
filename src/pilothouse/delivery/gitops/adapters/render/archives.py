"""Charts and plain artefacts of repositories and registries: which version there is now, and their files, kept within limits.

Asked by the renderer. Versions that were asked for are remembered until the next look; a version's content never changes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pilothouse.delivery import charts
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.needs import ArtifactNeed, ChartNeed
from pilothouse.delivery.gitops.engine.sources.revisions import is_constraint
from pilothouse.delivery.gitops.engine.sources.urls import host_of
from pilothouse.delivery.gitops.errors import RepositoryUnavailable, RevisionNotFound
from pilothouse.kit.aio import Threads
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError, Unavailable

T = TypeVar("T")
MAX_PER_HOST = 2
MAX_KEPT_BYTES = 64 << 20
RETRY_S = 10.0


class _Listing:
    """The versions of one chart, or the digest of one tag."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.looks = 0
        self.found: Any = None
        self.failure: PilothouseError | None = None
        self.at = float("-inf")


class Archives:
    """What was fetched of repositories and registries."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Write the certificates of servers below `root`."""
        self._root, self._clock = root, clock
        self._threads = Threads("charts", 8)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MAX_PER_HOST))
        self._listings: dict[tuple[Any, ...], _Listing] = {}
        self._kept: OrderedDict[ChartNeed | ArtifactNeed, Mapping[str, bytes]] = OrderedDict()
        self._bytes = 0

    async def chart_version(self, url: str, name: str, wanted: str, access: Access, max_age_s: float) -> str:
        """Return the version of a chart that fits best; raises `RevisionNotFound`."""
        address = with_scheme(url, access)
        key = (address, name, access)
        versions = await self._listed(
            key, max_age_s, address, lambda: charts.remote.chart_versions(address, name, self._credentials(access))
        )
        found = charts.best_version(versions, wanted)
        if found is None:
            raise RevisionNotFound(f"{url} has no version of chart {name!r} that fits {wanted!r}", fix="check targetRevision")
        return found

    async def artifact_digest(self, url: str, wanted: str, access: Access, max_age_s: float) -> str:
        """Return the digest of the artefact a tag, a range of versions or a digest names."""
        tag = wanted if wanted != "HEAD" else "latest"
        if is_constraint(tag):
            tags = await self._listed(
                (url, access), max_age_s, url, lambda: charts.remote.chart_versions(url, "", self._credentials(access))
            )
            best = charts.best_version(tags, tag)
            if best is None:
                raise RevisionNotFound(f"{url} has no tag that fits {wanted!r}", fix="check targetRevision")
            tag = best
        found: str = await self._listed(
            (url, tag, access, "digest"), max_age_s, url,
            lambda: charts.remote.artifact_digest(url, tag, self._credentials(access)),
        )  # fmt: skip
        return found

    async def _listed(self, key: tuple[Any, ...], max_age_s: float, url: str, ask: Callable[[], T]) -> T:
        listing = self._listings.setdefault(key, _Listing())
        looks = listing.looks
        async with listing.lock:
            age_s, is_shared = self._clock.monotonic() - listing.at, listing.looks > looks
            if listing.failure is not None and (is_shared or (age_s < RETRY_S and max_age_s > 0)):
                raise listing.failure.with_traceback(None)
            if listing.failure is None and (is_shared or age_s < max_age_s):
                found: T = listing.found
                return found
            listing.looks += 1
            listing.at = self._clock.monotonic()
            try:
                found = listing.found = await self._ask(url, ask)
            except PilothouseError as error:
                listing.failure = error
                raise
            listing.failure = None
            return found

    async def _ask(self, url: str, ask: Callable[[], T]) -> T:
        try:
            async with self._hosts[host_of(url)]:
                return await self._threads.run(ask)
        except Unavailable as error:
            raise RepositoryUnavailable(error.message, fix=error.fix) from error

    def kept(self, need: ChartNeed | ArtifactNeed) -> Mapping[str, bytes] | None:
        """Return the files of something that is here, None when it is not."""
        return self._kept.get(need)

    async def bring(self, need: ChartNeed | ArtifactNeed, access: Access) -> None:
        """Fetch a chart or artefact."""
        if isinstance(need, ChartNeed):
            url = with_scheme(need.url, access)
            exact = need.version
            if is_constraint(exact) or not exact:
                exact = await self.chart_version(need.url, need.name, exact or "*", access, 60.0)
            own = self._credentials(access, is_everywhere=need.is_everywhere)
            data = await self._ask(url, lambda: charts.remote.fetch_chart(url, need.name, exact, own))
            chart = await self._threads.run(lambda: charts.load_chart(data))
            files: Mapping[str, bytes] = {file.name: file.data for file in chart.raw}
        else:
            digest, url = need.digest, need.url
            files = await self._ask(url, lambda: charts.remote.fetch_artifact(url, digest, self._credentials(access)))
        self._keep(need, files)

    def _keep(self, need: ChartNeed | ArtifactNeed, files: Mapping[str, bytes]) -> None:
        self._kept[need] = files
        self._bytes += _size(files)
        while self._bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= _size(self._kept.popitem(last=False)[1])

    def _credentials(self, access: Access, *, is_everywhere: bool = False) -> charts.Credentials:
        ca_file = ""
        if access.ca:
            path = self._root / f"ca-{hashlib.sha256(access.ca.encode()).hexdigest()[:16]}.pem"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(access.ca, encoding="ascii", errors="replace")
            ca_file = str(path)
        return charts.Credentials(
            access.username, access.password, ca_file, is_insecure=access.is_insecure, is_plain=access.is_plain_http,
            goes_everywhere=is_everywhere,
        )  # fmt: skip


def _size(files: Mapping[str, bytes]) -> int:
    return sum(map(len, files.values()))


def with_scheme(url: str, access: Access) -> str:
    """Return the address of a chart repository; without a scheme it is a registry, as in Argo CD."""
    if "://" in url:
        return url
    return f"oci://{url}"

"""Pull requests and repositories of forges, asked over their HTTP APIs."""

from __future__ import annotations

from typing import Protocol

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.clock import Clock


class Lookup(Protocol):
    """Reads Secrets and ConfigMaps."""

    async def secret(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a Secret as text, None when there is none."""

    async def config_map(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a ConfigMap, None when there is none."""


class Forges:
    """The forges that generators name."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        """Find tokens and certificates through `lookup`."""
        self._lookup, self._clock = lookup, clock

    async def pull_requests(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the pull requests that a `pullRequest` generator selects."""
        raise GeneratorFailed("this version asks no forge for pull requests")

    async def repositories(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the repositories that an `scmProvider` generator selects."""
        raise GeneratorFailed("this version asks no forge for repositories")

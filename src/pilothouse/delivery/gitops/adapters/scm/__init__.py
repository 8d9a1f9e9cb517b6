"""Pull requests and repositories of forges, asked over their HTTP APIs.

One module for each forge has the same five names: `STYLE` (how tokens are shown), `base_of`, `pull_requests`, `repositories`,
`branches` and `has_path`. Connections and answers with an ETag are kept, so that looking again costs little.
"""

from __future__ import annotations

from collections import OrderedDict
from types import ModuleType
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm import azure, bitbucket_cloud, bitbucket_server, gitea, github, gitlab
from pilothouse.delivery.gitops.adapters.scm.apps import AppTokens
from pilothouse.delivery.gitops.adapters.scm.http import Access, Api
from pilothouse.delivery.gitops.adapters.scm.secrets import Lookup, access_of
from pilothouse.delivery.gitops.engine.applicationsets import filters
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.clock import Clock

MAX_KEPT = 64
_SHARED = {"github": github, "gitlab": gitlab, "gitea": gitea, "bitbucketServer": bitbucket_server, "bitbucket": bitbucket_cloud}
PULLS: dict[str, ModuleType] = {**_SHARED, "azuredevops": azure}
REPOSITORIES: dict[str, ModuleType] = {**_SHARED, "azureDevOps": azure}
_MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError)
"""What reading an answer of another shape raises."""


class Forges:
    """The forges that generators name."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        """Find tokens and certificates through `lookup`."""
        self._lookup, self._clock = lookup, clock
        self._apps = AppTokens(clock)
        self._apis: OrderedDict[tuple[str, str, Access], Api] = OrderedDict()

    async def pull_requests(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the pull requests that a `pullRequest` generator selects; raises `GeneratorFailed`, `RepositoryMissing`."""
        name, part = filters.chosen_forge(spec, PULLS, "pullRequest")
        forge: Any = PULLS[name]
        api = await self._api(name, forge, part, namespace)
        try:
            found: list[Tree] = await forge.pull_requests(api, part)
        except _MALFORMED as error:
            raise _odd(api, error) from error
        return filters.selected_pulls(found, spec.get("filters") or ())

    async def repositories(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the repositories, with a branch each, that an `scmProvider` generator selects; raises `GeneratorFailed`."""
        name, part = filters.chosen_forge(spec, REPOSITORIES, "scmProvider")
        forge: Any = REPOSITORIES[name]
        api = await self._api(name, forge, part, namespace)
        wanted = spec.get("filters") or []
        found: list[Tree] = []
        try:
            for one in await forge.repositories(api, part, str(spec.get("cloneProtocol") or "")):
                if filters.is_repository_wanted(one, wanted):
                    for branch, commit in await forge.branches(api, one, bool(part.get("allBranches"))):
                        found.append({**one, "branch": branch, "sha": commit})
            return [one for one in found if not wanted or await self._passes(forge, api, one, wanted)]
        except _MALFORMED as error:
            raise _odd(api, error) from error

    async def close(self) -> None:
        """Close idle connections."""
        for api in self._apis.values():
            await api.close()
        self._apis.clear()

    async def _passes(self, forge: Any, api: Api, repository: Tree, wanted: list[Tree]) -> bool:
        """Whether a branch passes a filter, its paths included; each path is asked for once."""
        known: dict[str, bool] = {}
        for one in filters.candidates(repository, wanted):
            is_passed = True
            for path, is_there in filters.paths_of(one):
                if path not in known:
                    known[path] = await forge.has_path(api, repository, path)
                is_passed = is_passed and known[path] is is_there
            if is_passed:
                return True
        return False

    async def _api(self, name: str, forge: Any, part: Tree, namespace: str) -> Api:
        access = await access_of(part, forge.STYLE, self._lookup, namespace)
        if part.get("appSecretName") and forge is github:
            secret = str(part["appSecretName"])
            data = await self._lookup.secret(secret, namespace)
            token = await self._apps.token(forge.base_of(part), secret, data, access)
            access = Access((("authorization", f"Bearer {token}"),), access.ca, access.is_insecure)
        key = (name, forge.base_of(part), access)
        if key not in self._apis:
            self._apis[key] = Api(name, key[1], access, self._clock)
            if len(self._apis) > MAX_KEPT:
                await self._apis.popitem(last=False)[1].close()
        self._apis.move_to_end(key)
        return self._apis[key]


def _odd(api: Api, error: Exception) -> GeneratorFailed:
    problem = f"{type(error).__name__}: {error}"[:100]
    return GeneratorFailed(f"{api.forge} at {api.base} answers in another shape than documented ({problem})")

"""Carries the generators of an ApplicationSet out: answers what they ask, and fills the templates.

What they asked is remembered with the answers. While those stay the same, the Applications do too, and nothing is filled again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import msgspec

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.applicationsets.checking import MALFORMED, normalized, odd
from pilothouse.delivery.gitops.applicationsets.members import ClusterMembers
from pilothouse.delivery.gitops.applicationsets.plugins import Plugins
from pilothouse.delivery.gitops.applicationsets.repositories import GitAnswers
from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.applicationsets.asks import Ask
from pilothouse.delivery.gitops.engine.applicationsets.generating import PARAMETERS_FAILED, Generated, applications
from pilothouse.delivery.gitops.engine.applicationsets.templating import RenderGo, Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.aio import Threads
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.reconcile import Request

REMOTE = (asks.PluginOutput, asks.PullRequests, asks.Repositories)
FAILURE_S = 60.0
"""How long a forge or plugin that failed is left alone."""
Remembered = list[tuple[Ask, Any]]
MaxAge = Callable[[Ask], float]
"""How many seconds old an answer may be."""


class Forges(Protocol):
    """Asks forges (GitHub and others)."""

    async def pull_requests(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the pull requests a generator selects."""

    async def repositories(self, spec: Tree, namespace: str) -> list[Tree]:
        """Return the repositories a generator selects."""

    async def close(self) -> None:
        """Close connections."""


class _Kept(msgspec.Struct):
    """What an ApplicationSet came to last."""

    version: tuple[Any, ...]
    answers: Remembered
    generated: Generated


class Driver:
    """Turns ApplicationSets into Applications."""

    def __init__(
        self, members: ClusterMembers, repositories: GitAnswers, forges: Forges, render_go: RenderGo, home: str, clock: Clock
    ) -> None:
        """Fill Go templates by `render_go`; clusters and plugins are in `home`, or with each ApplicationSet when it is empty.

        Tokens of forges are always those beside the ApplicationSet: whoever writes one says where they are sent.
        """
        self._members, self._repositories, self._forges = members, repositories, forges
        self._plugins = Plugins(members)
        self._render_go, self._home = render_go, home
        self._threads = Threads("applicationsets", 1)
        self._kept: dict[Request, _Kept] = {}
        self._clock = clock
        self._remote: dict[Request, dict[str, tuple[float, Any]]] = {}
        self.filled = 0
        """How often templates were filled."""

    async def generate(self, tree: Tree, max_age: MaxAge) -> Generated:
        """Return what an ApplicationSet wants; what goes wrong with a generator is in the answer."""
        request = Request(namespace_of(tree), name_of(tree))
        meta = metadata(tree)
        version = (meta.get("uid"), meta.get("generation"), tree.get("spec") if not meta.get("uid") else None)
        kept = self._kept.get(request)
        if kept is not None and kept.version == version and await self._is_same(kept.answers, request, max_age):
            return kept.generated
        answers: Remembered = []
        spec = tree.get("spec") or {}
        templates = Templates(self._render_go if spec.get("goTemplate") else None, spec.get("goTemplateOptions") or ())
        self.filled += 1
        try:
            generated: Generated = await self._drive(applications(tree, templates), request, max_age, answers)
            generated.applications = [normalized(one) for one in generated.applications]
        except MALFORMED as error:
            generated = Generated(error=odd(error), reason=PARAMETERS_FAILED)
        asked = {repr(ask) for ask, _ in answers}
        if request in self._remote:
            self._remote[request] = {key: kept for key, kept in self._remote[request].items() if key in asked}
        self._kept[request] = _Kept(version, answers, generated)
        urls = {ask.repo_url for ask, _ in answers if isinstance(ask, (asks.Directories, asks.Files))}
        await self._repositories.use(request, urls)
        return generated

    async def run(self, function: Callable[[], Any]) -> Any:
        """Run something that takes a while beside the event loop, one after the other."""
        return await self._threads.run(function)

    async def forget(self, request: Request) -> None:
        """Drop what is kept of an ApplicationSet."""
        self._remote.pop(request, None)
        if self._kept.pop(request, None) is not None:
            await self._repositories.use(request, set())

    def asked(self, request: Request) -> list[Ask]:
        """Return what an ApplicationSet asked last."""
        kept = self._kept.get(request)
        return [ask for ask, _ in kept.answers] if kept is not None else []

    async def close(self) -> None:
        """Close connections to forges."""
        await self._forges.close()

    def expect_news(self, request: Request) -> None:
        """Ask forges and plugins again at the next occasion."""
        self._remote.pop(request, None)

    async def _is_same(self, answers: Remembered, request: Request, max_age: MaxAge) -> bool:
        """Whether everything is answered as before."""
        for ask, before in answers:
            found = await self._answered(ask, request, max_age)
            if found is not before and not _is_equal(found, before):
                return False
        return True

    async def _drive(
        self, asking: Generator[Ask, Any, Generated], request: Request, max_age: MaxAge, answers: Remembered
    ) -> Generated:
        found: Any = None
        while True:
            answer = found

            def step(answer: Any = answer) -> tuple[Ask | None, Generated | None]:
                try:
                    return (asking.throw(answer) if isinstance(answer, GeneratorFailed) else asking.send(answer)), None
                except StopIteration as stop:
                    return None, stop.value

            ask, generated = await self._threads.run(step)
            if ask is None:
                assert generated is not None
                return generated
            found = await self._answered(ask, request, max_age)
            answers.append((ask, found))

    async def _answered(self, ask: Ask, request: Request, max_age: MaxAge) -> Any:
        """Return an answer, or the failure to get one; forges and plugins are asked when it is time."""
        if not isinstance(ask, REMOTE):
            return await self._tried(ask, request, max_age)
        known, key, now = self._remote.setdefault(request, {}), repr(ask), self._clock.monotonic()
        at, before = known.get(key, (float("-inf"), None))
        age_s = max_age(ask)
        if now - at < (min(age_s, FAILURE_S) if isinstance(before, GeneratorFailed) else age_s):
            return before
        found = await self._tried(ask, request, max_age)
        known[key] = (now, found)
        return found

    async def _tried(self, ask: Ask, request: Request, max_age: MaxAge) -> Any:
        try:
            return await self._answer(ask, request, max_age(ask))
        except GeneratorFailed as error:
            return error
        except PilothouseError as error:
            return GeneratorFailed(error.message, fix=error.fix)

    async def _answer(self, ask: Ask, request: Request, max_age_s: float) -> Any:
        home = self._home or request.namespace
        match ask:
            case asks.Clusters():
                return await self._members.clusters(ask, home)
            case asks.Directories():
                return await self._repositories.directories(ask, request.namespace, max_age_s)
            case asks.Files():
                return await self._repositories.files(ask, request.namespace, max_age_s)
            case asks.Decisions():
                return await self._members.decisions(ask, home)
            case asks.PluginOutput():
                return await self._plugins.output(ask, home, request.name)
            case asks.PullRequests():
                return await self._forges.pull_requests(ask.spec, request.namespace)
            case asks.Repositories():
                return await self._forges.repositories(ask.spec, request.namespace)


def _is_equal(found: Any, before: Any) -> bool:
    if isinstance(found, GeneratorFailed) or isinstance(before, GeneratorFailed):
        return type(found) is type(before) and found.message == before.message
    return bool(found == before)

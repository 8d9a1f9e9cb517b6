"""Carries a plan out: asks every probe at all its addresses, side by side and a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec

from pilothouse.api.meta import Tree, namespace_of
from pilothouse.delivery.gitops.adapters.health import endpoints
from pilothouse.delivery.gitops.adapters.health.plugins import Plugins
from pilothouse.delivery.gitops.engine.probes import Answer, Plan, Probe
from pilothouse.delivery.gitops.engine.probes.quorum import decide
from pilothouse.delivery.gitops.engine.probes.specs import ENTRY_POINT, GRPC, HTTP, PROGRAM, PROMETHEUS, TCP
from pilothouse.delivery.gitops.engine.probes.targets import Target, filled, is_written_down, pod_selector, targets_of
from pilothouse.delivery.gitops.errors import ProbeFailed, ProbeSilent
from pilothouse.kit.aio import run_all
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import POD

AT_ONCE, PLUGINS_AT_ONCE, MAX_TARGETS = 256, 8, 50
_OUTCOMES = {True: "healthy", False: "unhealthy", None: "failed"}


class Asker:
    """Asks."""

    def __init__(self, clock: Clock, metrics: MetricsRegistry, folder: Path | None, hosts: tuple[str, ...] = ("*",)) -> None:
        """Take programs from `folder`; only `hosts` that match may be written down in a probe."""
        self._clock, self._hosts, self._plugins = clock, hosts, Plugins(clock, folder)
        self._network, self._programs = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(PLUGINS_AT_ONCE)
        labels = ["type", "outcome"]
        self._asked = metrics.counter("pilothouse_gitops_health_probes_total", "Health probes by type and outcome.", labels)
        self._took = metrics.histogram("pilothouse_gitops_health_probe_duration_seconds", "Time of a health probe.", labels[:1])

    async def ask(self, plan: Plan, tree: Tree, client: Client | None) -> Answer:
        """Return what all probes of an object amount to; never raises for what they do."""
        answers = await run_all(self._probe(probe, tree, client) for probe in plan.probes)
        if len(plan.probes) > 1:
            answers = [_named(probe, answer) for probe, answer in zip(plan.probes, answers, strict=True)]
        return decide(answers, plan.need)

    async def _probe(self, probe: Probe, tree: Tree, client: Client | None) -> Answer:
        started = self._clock.monotonic()
        try:
            if probe.kind in {PROGRAM, ENTRY_POINT}:
                async with self._programs:
                    started = self._clock.monotonic()
                    answer = await self._guarded(probe, partial(self._plugins.ask, probe, tree))
            elif probe.kind == PROMETHEUS:
                answer = await self._prometheus(probe, tree)
            else:
                answer = await self._everywhere(probe, await self._targets(probe, tree, client))
        except PilothouseError as error:
            answer = Answer(None, error.message)
        self._asked.inc(probe.kind, _OUTCOMES[answer.is_healthy])
        self._took.observe(self._clock.monotonic() - started, probe.kind)
        return answer

    async def _prometheus(self, probe: Probe, tree: Tree) -> Answer:
        (target,) = targets_of(msgspec.structs.replace(probe, kind=HTTP, url=probe.server), tree)
        endpoints.check_host(target.host, self._hosts)
        return await self._at(probe, partial(endpoints.ask_prometheus, probe, target, filled(probe.query, tree)))

    async def _targets(self, probe: Probe, tree: Tree, client: Client | None) -> list[Target]:
        selector = pod_selector(probe, tree)
        pods: list[Tree] = []
        if selector is not None:
            if client is None:
                raise ProbeFailed("Pods cannot be looked up here")
            labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
            pods = list(await client.list(POD, namespace_of(tree), labels=labels))
        found = targets_of(probe, tree, pods)[:MAX_TARGETS]
        for target in found if is_written_down(probe, tree) else ():
            endpoints.check_host(target.host, self._hosts)
        return found

    async def _everywhere(self, probe: Probe, targets: list[Target]) -> Answer:
        if not targets:
            return Answer(False, "there is no Pod to ask")
        asks: dict[str, Callable[[Target], Awaitable[Answer]]] = {
            HTTP: partial(endpoints.ask_http, probe), GRPC: partial(endpoints.ask_grpc, probe), TCP: endpoints.ask_tcp,
        }  # fmt: skip
        answers = await run_all(self._at(probe, partial(asks[probe.kind], target)) for target in targets)
        if len(targets) > 1:
            answers = [_told(target.netloc, answer) for target, answer in zip(targets, answers, strict=True)]
        return decide(answers, probe.need)

    async def _at(self, probe: Probe, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._network:
            return await self._guarded(probe, partial(endpoints.within, probe.timeout_s, ask))

    async def _guarded(self, probe: Probe, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            return await ask()
        except ProbeFailed as error:
            is_told = isinstance(error, ProbeSilent) or probe.kind in {PROGRAM, ENTRY_POINT, PROMETHEUS}
            is_verdict = probe.fails_as_unhealthy and is_told
            return Answer(False if is_verdict else None, error.message)
        except PilothouseError as error:
            return Answer(None, error.message)


def _named(probe: Probe, answer: Answer) -> Answer:
    return _told(probe.name, answer)


def _told(name: str, answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, message=f"{name}: {answer.message}" if answer.message else "")

"""The board of health probes: what they said last of every object that has some, asked again and again in the background.

`health_of` never waits for a probe. An object is asked about as soon as it is first judged and whenever it changed, then every
interval (a little earlier or later, so that a thousand of them do not ask at once); one that is still to become healthy is asked
every second. When the verdict changes, whoever listens is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pilothouse.api.meta import Tree, annotations_of, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.engine.health import Health, kind_of
from pilothouse.delivery.gitops.engine.probes import ANNOTATION, KEY, Answer, Plan, Standing, advance, read_plan
from pilothouse.delivery.gitops.errors import ProbeFailed
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.client import Client

PENDING_S, GAP_S, JITTER, KEEP_S = 1.0, 0.2, 0.1, 900.0
PATIENCE_S = 60.0
"""How long a probe that fails again and again is left alone at most, unless its interval is longer."""
_MAX_PLANS = 1000
logger = logging.getLogger("pilothouse.gitops.health")


class Asks(Protocol):
    """What carries a plan out."""

    async def ask(self, plan: Plan, tree: Tree, client: Client | None) -> Answer:
        """Return what all probes of an object amount to."""
        ...


class _Entry:
    """One object."""

    def __init__(self, tree: Tree, plan: Plan, client: Client | None, now: float) -> None:
        self.tree, self.plan, self.client = tree, plan, client
        self.standing = Standing(now)
        self.wanted_at = now
        self.kick = asyncio.Event()
        self.is_dropped = self.is_asked_for = False
        self.renewals = 0
        """How often the specification changed: an answer to an earlier question does not count."""


class ProbeBoard:
    """Asks in the background, and knows the verdicts."""

    def __init__(self, asker: Asks, clock: Clock, entropy: Entropy) -> None:
        """Ask through `asker`."""
        self._asker, self._clock, self._entropy = asker, clock, entropy
        self._scope = TaskScope("health-probes")
        self._entries: dict[str, _Entry] = {}
        self._plans: dict[str, Plan | PilothouseError] = {}
        self._configured: dict[str, str] = {}
        self._listeners: list[Callable[[Tree], None]] = []

    def on_change(self, listener: Callable[[Tree], None]) -> None:
        """Call `listener` with an object whose verdict changed."""
        self._listeners.append(listener)

    def use(self, data: Mapping[str, Any]) -> None:
        """Take the declarations for whole kinds from the data of argocd-cm."""
        found = {key.removeprefix(KEY): value for key, value in data.items() if key.startswith(KEY) and isinstance(value, str)}
        self._configured = {name.replace("_", "/", 1) if "_" in name else name: text for name, text in found.items()}

    async def health_of(self, tree: Tree, client: Client | None = None) -> Health | None:
        """Return the verdict, None for objects without probes; raises when the probes give none."""
        key = _key(tree)
        plan = self._plan(tree)
        if plan is None:
            self._drop(key)
            return None
        entry = self._entry(key, tree, plan, client)
        standing = entry.standing
        if standing.told is None:
            raise ProbeFailed(f"the health probe gave no verdict: {standing.warning}")
        if standing.warning:
            return Health(standing.told.status, standing.told.message, standing.told.source, f"health probe: {standing.warning}")
        return standing.told

    def _plan(self, tree: Tree) -> Plan | None:
        text = annotations_of(tree).get(ANNOTATION)
        if not text:
            group, _, kind = kind_of(tree)
            text = self._configured.get(f"{group}/{kind}" if group else kind)
        if not text:
            return None
        found = self._plans.get(text)
        if found is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            try:
                found = read_plan(str(text))
            except PilothouseError as error:
                found = error
            self._plans[text] = found
        if isinstance(found, PilothouseError):
            raise found
        return found

    def _entry(self, key: str, tree: Tree, plan: Plan, client: Client | None) -> _Entry:
        now = self._clock.monotonic()
        entry = self._entries.get(key)
        if entry is None or entry.plan != plan:
            self._drop(key)
            entry = self._entries[key] = _Entry(tree, plan, client, now)
            self._scope.spawn(self._follow(key, entry), key)
        elif metadata(entry.tree).get("resourceVersion") != metadata(tree).get("resourceVersion"):
            if metadata(entry.tree).get("generation") != metadata(tree).get("generation"):
                entry.standing = Standing(now)  # what was said of another specification is no proof for this one
                entry.renewals += 1
            entry.kick.set()
        entry.tree, entry.client, entry.wanted_at, entry.is_asked_for = tree, client, now, False
        return entry

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            entry.is_dropped = True
            entry.kick.set()

    async def _follow(self, key: str, entry: _Entry) -> None:
        while not entry.is_dropped and self._is_wanted(key, entry):
            entry.kick.clear()
            renewals = entry.renewals
            answer = await self._asker.ask(entry.plan, entry.tree, entry.client)
            if entry.is_dropped:
                return
            if entry.renewals == renewals:
                self._take(entry, answer)
            pause_s = min(entry.plan.interval_s, GAP_S)
            await self._clock.sleep(pause_s)
            await self._rest(entry, self._delay_s(entry) - pause_s)

    def _delay_s(self, entry: _Entry) -> float:
        standing, base_s = entry.standing, entry.plan.interval_s
        if standing.told is None and standing.leaning is None:
            base_s = max(base_s, min(base_s * 2.0 ** min(standing.streak, 10), PATIENCE_S))
        elif standing.is_pending:
            base_s = min(base_s, PENDING_S)
        return base_s * self._entropy.uniform(1 - JITTER, 1 + JITTER)

    async def _rest(self, entry: _Entry, delay_s: float) -> None:
        """Wait, unless there is a reason to ask at once."""
        timer = self._clock.call_later(max(delay_s, 0.0), entry.kick.set)
        try:
            await entry.kick.wait()
        finally:
            timer.cancel()

    def _take(self, entry: _Entry, answer: Answer) -> None:
        before = entry.standing
        after = entry.standing = advance(before, answer, entry.plan, self._clock.monotonic())
        if _shown(before) != _shown(after):
            group, _, kind = kind_of(entry.tree)
            told = after.told.status if after.told is not None else f"no verdict: {after.warning}"
            name = f"{namespace_of(entry.tree)}/{name_of(entry.tree)}"
            logger.info("health probe of %s %s: %s %s", f"{group}/{kind}", name, told, after.told.message if after.told else "")
            self._tell(entry.tree)

    def _tell(self, tree: Tree) -> None:
        for listener in self._listeners:
            listener(tree)

    def _is_wanted(self, key: str, entry: _Entry) -> bool:
        """Whether anybody still wants to know: after a while without a question they are asked, and then forgotten."""
        silence_s = self._clock.monotonic() - entry.wanted_at
        keep_s = max(KEEP_S, 10 * entry.plan.interval_s)
        if silence_s > keep_s and not entry.is_asked_for:
            entry.is_asked_for = True
            self._tell(entry.tree)
        elif silence_s > 2 * keep_s:
            self._drop(key)
            return False
        return True

    async def start(self) -> None:
        """Start nothing: the first question does."""

    async def stop(self) -> None:
        """Ask no more."""
        await self._scope.close()


def _key(tree: Tree) -> str:
    meta = metadata(tree)
    return str(meta.get("uid") or f"{tree.get('apiVersion')}/{tree.get('kind')}/{meta.get('namespace')}/{meta.get('name')}")


def _shown(standing: Standing) -> tuple[str, str]:
    """Return what a status tells of a verdict; a number that changes in a message is no news."""
    return (standing.told.status if standing.told is not None else ""), standing.warning

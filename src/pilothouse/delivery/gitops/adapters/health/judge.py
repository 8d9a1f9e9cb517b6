"""The health of live objects: probes first, then Lua of argocd-cm, then the rule table and the built-in rules.

Every verdict says who gave it. A probe or a script that fails or hangs is passed over: the next in line judges, and the failure
stands as a warning on the verdict and once in the log. Scripts run one at a time in a process of their own, and what they said of
an object is kept until the object or the scripts change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError
from pilothouse.delivery.gitops.adapters.lua.scripts import Scripts
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.delivery.gitops.engine.health import LUA, PROBE, UNKNOWN, Health, deletion_health, kind_of, own_health
from pilothouse.delivery.gitops.types import GROUP
from pilothouse.kit.aio import offload
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.sdk.manager import Manager

NAME = "argocd-cm"
_KEPT = 20_000
logger = logging.getLogger("pilothouse.gitops.health")


class Probe(Protocol):
    """Something outside that knows whether an object is healthy."""

    async def health_of(self, tree: Tree, client: Client | None = None) -> Health | None:
        """Return its verdict at once, None for objects it has nothing to say about; raises `PilothouseError` when it has none.

        `client` reaches the cluster of the object.
        """
        ...


class Judge:
    """Tells the health of live objects."""

    def __init__(self, worker: LuaWorker, probes: Sequence[Probe] = ()) -> None:
        """Judge without scripts at first; `use` brings them."""
        self._worker, self._probes = worker, tuple(probes)
        self._scripts, self._turn = Scripts(), asyncio.Lock()
        self._kept: dict[tuple[str, str], Health | None] = {}
        self._told: set[str] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def scripts(self) -> Scripts:
        """The customizations in use."""
        return self._scripts

    def use(self, scripts: Scripts) -> None:
        """Judge with these scripts from now on; whoever listens is told that verdicts may differ."""
        self._scripts = scripts
        self._kept.clear()
        self._told.clear()
        for problem in scripts.problems:
            logger.warning("argocd-cm: %s", problem)
        for listener in self._listeners:
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the scripts change."""
        self._listeners.append(listener)

    async def health_of(self, tree: Tree, client: Client | None = None, *, is_own: bool = False) -> Health | None:
        """Return the verdict on an object, None when nobody judges its kind; `client` reaches the object's cluster.

        The probe of an Application is asked for its own health alone (`is_own`), of which it is a part: as a resource of another
        one, an Application is judged by its status, as other kinds are.
        """
        going = deletion_health(tree)
        if going is not None:
            return going
        warnings: list[str] = []
        group, _, kind = kind_of(tree)
        is_application = (group, kind) == (GROUP, "Application")
        for probe in self._probes if is_own or not is_application else ():
            verdict = await self._probed(probe, tree, client, warnings)
            if verdict is not None:
                return verdict
        if is_own:
            return Health(UNKNOWN, warning="; ".join(warnings)) if warnings else None
        found = self._scripts.of(group, kind, "health")
        if found is None:
            return _warned(own_health(tree), warnings)
        return await self._by_script(found.health, tree, warnings)

    async def _probed(self, probe: Probe, tree: Tree, client: Client | None, warnings: list[str]) -> Health | None:
        try:
            return await probe.health_of(tree, client)
        except PilothouseError as error:
            self._warn(error.message, tree, warnings)
            return None

    async def _by_script(self, script: str, tree: Tree, warnings: list[str]) -> Health | None:
        """Ask the script, or look up what it said of this state of the object."""
        meta = metadata(tree)
        key = (str(meta.get("uid") or ""), str(meta.get("resourceVersion") or ""))
        if key in self._kept and all(key):
            return _warned(self._kept[key], warnings)
        scripts = self._scripts
        try:
            async with self._turn:
                said = await offload(self._worker.health, script, tree)
        except LuaError as error:
            self._warn(error.message, tree, warnings)
            return _warned(own_health(tree) or Health(UNKNOWN, error.message, LUA), warnings)
        verdict = None if said is None else Health(said[0], said[1], LUA)
        if all(key) and scripts is self._scripts:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = verdict
        return _warned(verdict, warnings)

    def _warn(self, problem: str, tree: Tree, warnings: list[str]) -> None:
        warnings.append(problem)
        group, _, kind = kind_of(tree)
        text = f"health of {group}/{kind}: {problem}"
        if text not in self._told and len(self._told) < _KEPT:
            self._told.add(text)
            logger.warning("%s", text)


def _warned(verdict: Health | None, warnings: list[str]) -> Health | None:
    if not warnings:
        return verdict
    if verdict is None:  # somebody wanted to know, and nobody can tell
        verdict = Health(UNKNOWN, warnings[0], PROBE)
    return msgspec.structs.replace(verdict, warning="; ".join(warnings))


def watch_customizations(
    manager: Manager, judge: Judge, namespace: str, also: Callable[[dict[str, Any]], None] = lambda _data: None
) -> None:
    """Keep the judge's scripts those of ConfigMap argocd-cm in `namespace`; `also` gets the customizations before."""
    informer = manager.informer(CONFIG_MAP, namespace=namespace, fields=f"metadata.name={NAME}")
    known: dict[str, object] = {}

    def take(change: Change) -> None:
        if change.key.name != NAME:
            return
        data = None if change.type == "deleted" else change.tree.get("data")
        wanted = {key: value for key, value in (data or {}).items() if key.startswith("resource.customizations")}
        if wanted != known:
            known.clear()
            known.update(wanted)
            also(wanted)
            judge.use(read_customizations(wanted))

    informer.add_handler(take)
    manager.add(informer)

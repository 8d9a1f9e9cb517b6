"""The actions of a live object: those of Lua in argocd-cm where its kind has some, else those of the table.

With `mergeBuiltinActions` both are offered, and a script of the same name wins. Nothing is written here: an action says what is
to be patched or created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.lua.scripts import Customization, Scripts
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.delivery.gitops.engine.actions import ActionFailed, Now, Offer, Outcome, Parameter, offered, perform
from pilothouse.delivery.gitops.engine.health import kind_of
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import Clock, rfc3339


class Actions:
    """Offers actions and works out what they do."""

    def __init__(self, worker: LuaWorker, clock: Clock, scripts: Callable[[], Scripts] = Scripts) -> None:
        """Run scripts in `worker`; `scripts` returns those in use."""
        self._worker, self._clock, self._scripts = worker, clock, scripts

    async def offered(self, tree: Tree) -> list[Offer]:
        """Return what an object offers now; raises `LuaError` when its discovery script fails."""
        own = self._customization(tree)
        if own is None:
            return offered(tree)
        found = await offload(self._worker.actions, own.discovery, tree)
        scripted = [_offer(name, each) for name, each in sorted(found.items())] if isinstance(found, dict) else []
        names = {offer.name for offer in scripted}
        return [*scripted, *(offer for offer in offered(tree) if offer.name not in names)] if own.is_merged else scripted

    async def perform(self, tree: Tree, name: str, params: dict[str, str]) -> list[Outcome]:
        """Return what action `name` does; raises `ActionFailed` or `LuaError`."""
        own = self._customization(tree)
        script = own.action(name) if own is not None else ""
        if not script:
            if own is not None and not own.is_merged:
                raise ActionFailed(f"argocd-cm has no action {name!r} for {'/'.join(kind_of(tree)[::2])}")
            return perform(tree, name, params, Now(rfc3339(self._clock.now())))
        return _outcomes(await offload(self._worker.act, script, tree, params))

    def _customization(self, tree: Tree) -> Customization | None:
        group, _, kind = kind_of(tree)
        return self._scripts().of(group, kind, "discovery")


def _offer(name: str, each: Any) -> Offer:
    given = each if isinstance(each, Mapping) else {}
    params = given.get("params")
    is_disabled = given.get("disabled")
    return Offer(
        name,
        is_disabled if isinstance(is_disabled, bool) else None,
        str(given.get("displayName") or ""),
        str(given.get("iconClass") or ""),
        tuple(
            Parameter(str(param.get("name") or ""), str(param.get("default") or ""))
            for param in (params if isinstance(params, list) else ())
            if isinstance(param, Mapping)
        ),
    )


def _outcomes(found: Any) -> list[Outcome]:
    """Return what a script's answer means: one changed object, or a list of operations."""
    steps = found if isinstance(found, list) else [{"operation": "patch", "resource": found}]
    for step in steps:
        if step.get("operation") not in {"create", "patch"} or not isinstance(step.get("resource"), dict):
            raise ActionFailed("the script's answer is no list of create and patch operations on objects")
    return [Outcome(step["operation"], step["resource"]) for step in steps]

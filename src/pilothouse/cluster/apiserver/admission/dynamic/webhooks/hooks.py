"""Configurations as values: one `Hook` per webhook, in the order they are called, kept current by the watch cache."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.dynamic.conditions import Conditions, conditions_of
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes, Selection, match, selection_of
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.errors import PilothouseError

logger = logging.getLogger("pilothouse.apiserver.webhooks")
GROUP = "admissionregistration.k8s.io"
MUTATING, VALIDATING = "mutatingwebhookconfigurations", "validatingwebhookconfigurations"


class Hook(msgspec.Struct, frozen=True):
    """One webhook of a configuration."""

    uid: str
    name: str
    client: Obj
    selection: Selection
    versions: tuple[str, ...]
    side_effects: str
    is_ignoring: bool = False
    """Whether a failed call lets the request pass."""
    is_reinvocable: bool = False
    timeout_s: float = 10.0
    conditions: Conditions | None = None


def hook_of(configuration: str, index: int, raw: Obj) -> Hook:
    """Return one entry of `webhooks`; raises BadRequest for a selector that cannot be read."""
    is_ignoring = raw.get("failurePolicy") == "Ignore"
    return Hook(
        f"{configuration}/{raw['name']}/{index}", raw["name"], raw.get("clientConfig") or {},
        selection_of(raw, raw.get("rules") or []),
        tuple(raw.get("admissionReviewVersions") or ()), raw.get("sideEffects", ""), is_ignoring,
        raw.get("reinvocationPolicy") == "IfNeeded", float(raw.get("timeoutSeconds") or 10),
        conditions_of(raw.get("matchConditions") or []),
    )  # fmt: skip


class Invocation(msgspec.Struct, frozen=True):
    """A hook to call, with the version of the resource it asked for."""

    hook: Hook
    resource: Resource


def concerned(backend: Backend, hook: Hook, asked: Attributes) -> Invocation | None:
    """Return how to call a hook for a request, None when it is not concerned; raises 404 for a namespace that is missing."""
    resource = match(backend, hook.selection, asked)
    return None if resource is None else Invocation(hook, resource)


class HookIndex:
    """All hooks of one kind, by configuration name and then as listed; empty tuples cost nothing to look at."""

    def __init__(self, backend: Backend, plural: str) -> None:
        """Follow the configurations stored as `plural`."""
        self.backend, self.plural = backend, plural
        self.hooks: tuple[Hook, ...] = ()
        self._prefix = f"/registry/{GROUP}/{plural}/"
        backend.cache.on_change.append(self._on_change)

    def load(self) -> None:
        """Read everything that is stored."""
        found: list[Hook] = []
        for item in self.backend.all_of(GROUP, self.plural):
            for index, raw in enumerate(item.object.get("webhooks") or ()):
                try:
                    found.append(hook_of(item.name, index, raw))
                except (PilothouseError, KeyError, TypeError) as error:
                    logger.error("webhook %d of %s %s cannot be used: %s", index, self.plural, item.name, error)
        self.hooks = tuple(found)

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix == self._prefix:
            self.load()

"""Configurations as values: one `Hook` per webhook, in the order they are called, kept current by the watch cache."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from pilothouse.api.selectors import LabelSelector, label_selector_from_object
from pilothouse.cluster.apiserver.admission.webhooks.conditions import Conditions, conditions_of
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.errors import PilothouseError

logger = logging.getLogger("pilothouse.apiserver.webhooks")
GROUP = "admissionregistration.k8s.io"
MUTATING, VALIDATING = "mutatingwebhookconfigurations", "validatingwebhookconfigurations"


class Rule(msgspec.Struct, frozen=True):
    """Which requests a hook is for; `*` stands for all."""

    operations: tuple[str, ...]
    groups: tuple[str, ...]
    versions: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]
    """(resource, subresource)"""
    scope: str = "*"


class Hook(msgspec.Struct, frozen=True):
    """One webhook of a configuration."""

    uid: str
    name: str
    client: Obj
    rules: tuple[Rule, ...]
    namespaces: LabelSelector
    objects: LabelSelector
    versions: tuple[str, ...]
    side_effects: str
    is_ignoring: bool = False
    """Whether a failed call lets the request pass."""
    is_exact: bool = False
    is_reinvocable: bool = False
    timeout_s: float = 10.0
    conditions: Conditions | None = None


def hook_of(configuration: str, index: int, raw: Obj) -> Hook:
    """Return one entry of `webhooks`; raises BadRequest for a selector that cannot be read."""
    is_ignoring = raw.get("failurePolicy") == "Ignore"
    return Hook(
        f"{configuration}/{raw['name']}/{index}", raw["name"], raw.get("clientConfig") or {},
        tuple(rule_of(rule) for rule in raw.get("rules") or ()),
        label_selector_from_object(raw.get("namespaceSelector") or {}),
        label_selector_from_object(raw.get("objectSelector") or {}),
        tuple(raw.get("admissionReviewVersions") or ()), raw.get("sideEffects", ""), is_ignoring,
        raw.get("matchPolicy") == "Exact", raw.get("reinvocationPolicy") == "IfNeeded", float(raw.get("timeoutSeconds") or 10),
        conditions_of(raw.get("matchConditions") or []),
    )  # fmt: skip


def rule_of(raw: Obj) -> Rule:
    """Return a rule; what it leaves out matches nothing."""

    def words(field: str) -> tuple[str, ...]:
        return tuple(raw.get(field) or ())

    resources = tuple((name.partition("/")[0], name.partition("/")[2]) for name in words("resources"))
    return Rule(words("operations"), words("apiGroups"), words("apiVersions"), resources, raw.get("scope") or "*")


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

"""Policies with the bindings that put them in force, kept current by the watch cache."""

from __future__ import annotations

import logging
from typing import Any

from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes, match, resources_of
from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Expressions
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import GROUP
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.errors import Invalid, PilothouseError

logger = logging.getLogger("pilothouse.apiserver.policies")


class BadBinding(Invalid):
    """A policy cannot be used as its binding says."""


class Bound:
    """One policy with one of its bindings."""

    __slots__ = (
        "actions", "binding", "expressions", "is_ignoring", "is_reinvocable", "name", "narrower", "selection", "spec", "use",
    )  # fmt: skip

    def __init__(self, policy: Obj, binding: Obj, expressions: Expressions) -> None:
        """Read both; raises PilothouseError for a selector that cannot be read."""
        self.spec, self.use, self.expressions = policy["spec"], binding["spec"], expressions
        self.name, self.binding = policy["metadata"]["name"], binding["metadata"]["name"]
        self.selection = resources_of(self.spec.get("matchConstraints") or {})
        self.narrower = resources_of(self.use.get("matchResources") or {})
        self.is_ignoring = self.spec.get("failurePolicy") == "Ignore"
        self.is_reinvocable = self.spec.get("reinvocationPolicy") == "IfNeeded"
        self.actions: tuple[str, ...] = tuple(self.use.get("validationActions") or ())

    def key(self, params: Obj | None) -> str:
        """Return the identity of one evaluation."""
        meta = (params or {}).get("metadata") or {}
        return f"{self.name}/{self.binding}/{meta.get('namespace', '')}/{meta.get('name', '')}"


class PolicyIndex:
    """What is in force, by name of policy and binding; an empty tuple costs nothing to look at."""

    def __init__(self, backend: Backend, policies: str, bindings: str) -> None:
        """Follow the objects stored as `policies` and `bindings`."""
        self.backend = backend
        self.in_force: tuple[Bound, ...] = ()
        self._policies, self._bindings = policies, bindings
        self._prefixes = tuple(f"/registry/{GROUP}/{plural}/" for plural in (policies, bindings))
        backend.cache.on_change.append(self._on_change)

    def load(self) -> None:
        """Read everything that is stored."""
        bindings: dict[str, list[Obj]] = {}
        for item in self.backend.all_of(GROUP, self._bindings):
            bindings.setdefault(item.object["spec"].get("policyName", ""), []).append(item.object)
        found: list[Bound] = []
        for item in self.backend.all_of(GROUP, self._policies):
            expressions = Expressions(item.object["spec"])
            for binding in bindings.get(item.name, ()):
                try:
                    found.append(Bound(item.object, binding, expressions))
                except (PilothouseError, KeyError, TypeError) as error:
                    logger.error("policy %s with binding %s cannot be used: %s", item.name, binding["metadata"]["name"], error)
        self.in_force = tuple(found)

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix in self._prefixes:
            self.load()


def concerns(backend: Backend, bound: Bound, asked: Attributes) -> Any:
    """Return the version of the resource a policy sees a request in, None when it is not concerned."""
    resource = match(backend, bound.selection, asked)
    return resource if resource is not None and match(backend, bound.narrower, asked) is not None else None


def params_of(backend: Backend, bound: Bound, namespace: str) -> list[Obj | None]:
    """Return the objects a binding names, one evaluation for each; [None] for a policy without params. Raises `BadBinding`."""
    kind, reference = bound.spec.get("paramKind"), bound.use.get("paramRef")
    if not kind or not reference:
        return [None]
    group, _, version = kind["apiVersion"].rpartition("/")
    resource = next((found for found in backend.scheme.in_version(group, version) if found.kind == kind["kind"]), None)
    found: list[Obj | None] = []
    if resource is not None:
        where = _namespace(reference, namespace, is_namespaced=resource.namespaced)
        items = [item for item in backend.all_of(group, resource.plural) if item.namespace == where]
        if reference.get("name"):
            found = [item.object for item in items if item.name == reference["name"]]
        else:
            selects = label_selector_from_object(reference.get("selector") or {}).matches
            found = [item.object for item in items if selects(item.object["metadata"].get("labels") or {})]
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise BadBinding("no params found for policy binding with `Deny` parameterNotFoundAction")
    return found


def _namespace(reference: Obj, namespace: str, *, is_namespaced: bool) -> str:
    stated: str = reference.get("namespace") or ""
    if not is_namespaced:
        if stated:
            raise BadBinding("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return ""
    if not stated and not namespace:
        raise BadBinding("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    return stated or namespace

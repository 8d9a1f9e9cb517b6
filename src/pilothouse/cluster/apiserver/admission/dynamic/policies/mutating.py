"""MutatingAdmissionPolicies: changes to objects that the server computes itself, before any mutating webhook is asked.

Policies run in order of their names. Their errors are collected: the first one is the message of the refusal, each is a cause.
Source: MutatingAdmissionPolicy of admissionregistration v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.cluster.apiserver.admission.dynamic.conditions import ConditionFailed
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.objects import Objects, returned, seen_as
from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Evaluation, names_for
from pilothouse.cluster.apiserver.admission.dynamic.policies.index import BadBinding, Bound, PolicyIndex, concerns, params_of
from pilothouse.cluster.apiserver.admission.dynamic.policies.metrics import ALLOW, DENY, PolicyMetrics
from pilothouse.cluster.apiserver.admission.dynamic.policies.patches import PatchImpossible, patched
from pilothouse.cluster.apiserver.admission.dynamic.rounds import Round
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.metrics import MetricsRegistry

if TYPE_CHECKING:
    from pilothouse.api.schema.node import Schema
    from pilothouse.api.scheme import Resource

POLICIES, BINDINGS = "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"


class _Due:
    """One evaluation that a request needs."""

    __slots__ = ("bound", "params", "resource")

    def __init__(self, bound: Bound, resource: Resource, params: Obj | None) -> None:
        self.bound, self.resource, self.params = bound, resource, params


class MutatingPolicies:
    """Applies the policies that a request concerns, one after the other."""

    def __init__(self, backend: Backend, objects: Objects, metrics: MetricsRegistry) -> None:
        """Follow policies and bindings."""
        self.backend, self.objects = backend, objects
        self.metrics = PolicyMetrics(metrics, "mutating")
        self.index = PolicyIndex(backend, POLICIES, BINDINGS)

    @property
    def is_used(self) -> bool:
        """Whether there is any policy in force."""
        return bool(self.index.in_force)

    async def mutate(self, run: Round) -> None:
        """Change the object of the request; raises 403 when a policy that must not be missed cannot be applied."""
        errors: list[tuple[str, str]] = []
        for due in self._due(run, errors):
            await self._apply(run, due, errors)
        if errors:
            raise _refusal(run, errors)

    def _due(self, run: Round, errors: list[tuple[str, str]]) -> list[_Due]:
        found: list[_Due] = []
        for bound in self.index.in_force:
            resource = concerns(self.backend, bound, run.asked)
            if resource is None:
                continue
            try:
                found += [_Due(bound, resource, params) for params in params_of(self.backend, bound, run.asked.namespace)]
            except BadBinding as error:
                _note(errors, bound, f"failed to configure binding: {error.message}", "")
        return found

    async def _apply(self, run: Round, due: _Due, errors: list[tuple[str, str]]) -> None:
        bound, key = due.bound, due.bound.key(due.params)
        seen = await seen_as(self.objects, run.asked, due.resource)
        if seen.obj is None:
            return
        try:
            conditions = bound.expressions.conditions
            if conditions is not None and not conditions.hold(names_for(self.backend, seen, due.resource, due.params)):
                return
        except ConditionFailed as error:
            _note(errors, bound, str(error))
            return
        if not run.is_due(key):
            return
        before = seen.obj
        for mutation in bound.spec.get("mutations") or ():
            started, count = self.backend.clock.monotonic(), len(errors)
            problem = self._mutate(run, due, seen, mutation)
            if problem:
                _note(errors, bound, problem)
            action = DENY if len(errors) > count else ALLOW
            self.metrics.observe(bound, action, self.backend.clock.monotonic() - started, is_error=bool(problem))
        if seen.obj != before:
            run.replace(await returned(self.objects, run.asked, due.resource, seen.obj or {}))
        run.ran(key, is_reinvocable=bound.is_reinvocable)

    def _mutate(self, run: Round, due: _Due, seen: Attributes, mutation: Obj) -> str:
        """Apply one mutation to the object that is seen; returns why it cannot be applied."""
        evaluation = Evaluation(due.bound.expressions, names_for(self.backend, seen, due.resource, due.params))
        try:
            tree = patched(evaluation, mutation, seen.obj or {}, self._schema(run, due))
            seen.obj = self.objects.defaulted(due.resource, run.asked.kind, tree)
        except StatusError:
            raise
        except PatchImpossible as error:
            return str(error)
        except PilothouseError as error:
            return error.message
        return ""

    def _schema(self, run: Round, due: _Due) -> Schema | None:
        kind = run.asked.kind
        return due.resource.schema if kind[2] == due.resource.kind else self.backend.scheme.definition_of(*kind)


def _note(errors: list[tuple[str, str]], bound: Bound, text: str, reason: str = "Invalid") -> None:
    """Remember an error, unless the policy may be missed."""
    if not bound.is_ignoring:
        errors.append((f"policy '{bound.name}' with binding '{bound.binding}' denied request: {text}", reason))


def _refusal(run: Round, errors: list[tuple[str, str]]) -> StatusError:
    error = forbidden(run.call.resource, run.call.name or run.asked.name, "", [{"message": text} for text, _ in errors])
    error.message, error.status_reason = errors[0][0], errors[0][1] or error.status_reason
    return error

"""ValidatingAdmissionPolicies: what requests must hold to, decided in this process before any validating webhook is asked.

A decision that does not hold is acted on as the binding says: refuse, warn, or note for the audit log. Source:
ValidatingAdmissionPolicy of admissionregistration v1.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from pilothouse.cluster.apiserver.admission.dynamic.conditions import ConditionFailed
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.objects import Objects, seen_as
from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Evaluation, names_for
from pilothouse.cluster.apiserver.admission.dynamic.policies.index import BadBinding, Bound, PolicyIndex, concerns, params_of
from pilothouse.cluster.apiserver.admission.dynamic.policies.metrics import PolicyMetrics
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden
from pilothouse.kit.metrics import MetricsRegistry

POLICIES, BINDINGS = "validatingadmissionpolicies", "validatingadmissionpolicybindings"
AUDIT_KEY = "validation.policy.admission.k8s.io/validation_failure"
MAX_MESSAGE = 5 * 1024
MAX_ANNOTATION = 10 * 1024
_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


class Decision(msgspec.Struct, frozen=True):
    """What a policy holds against a request."""

    bound: Bound
    message: str
    reason: str = "Invalid"
    index: int = 0
    """Of the validation."""
    is_error: bool = False
    """Whether there is no outcome: the request is refused, whatever the binding says of outcomes."""


class ValidatingPolicies:
    """Judges requests."""

    def __init__(self, backend: Backend, objects: Objects, metrics: MetricsRegistry) -> None:
        """Follow policies and bindings."""
        self.backend, self.objects = backend, objects
        self.index = PolicyIndex(backend, POLICIES, BINDINGS)
        self.metrics = PolicyMetrics(metrics, "validating")

    @property
    def is_used(self) -> bool:
        """Whether there is any policy in force."""
        return bool(self.index.in_force)

    async def validate(self, call: Call, asked: Attributes) -> None:
        """Refuse, warn or annotate as the policies that concern the request say."""
        found: list[Decision] = []
        notes: dict[str, list[str]] = {}
        for bound in self.index.in_force:
            started = self.backend.clock.monotonic()
            decided = await self._decide(bound, asked, notes)
            self._count(decided, self.backend.clock.monotonic() - started)
            found += decided
        for key, values in notes.items():
            call.annotate(key, ", ".join(values))
        _publish(call, found)
        denied = [decision for decision in found if decision.is_error or "Deny" in decision.bound.actions]
        if denied:
            raise _refusal(call, asked, denied)

    def _count(self, decided: list[Decision], elapsed_s: float) -> None:
        for decision in decided:
            for action in ("Deny",) if decision.is_error else decision.bound.actions:
                self.metrics.observe(decision.bound, action.lower(), elapsed_s, is_error=decision.is_error)

    async def _decide(self, bound: Bound, asked: Attributes, notes: dict[str, list[str]]) -> list[Decision]:
        resource = concerns(self.backend, bound, asked)
        if resource is None:
            return []
        try:
            params = params_of(self.backend, bound, asked.namespace)
        except BadBinding as error:
            return _failed(bound, f"failed to configure binding: {error.message}")
        seen = await seen_as(self.objects, asked, resource)
        found: list[Decision] = []
        for given in params:
            evaluation = Evaluation(bound.expressions, names_for(self.backend, seen, resource, given))
            found += judge(bound, evaluation, notes)
        return found


def judge(bound: Bound, evaluation: Evaluation, notes: dict[str, list[str]]) -> list[Decision]:
    """Return what a policy holds against a request, and add its audit annotations to `notes`."""
    conditions = bound.expressions.conditions
    try:
        if conditions is not None and not conditions.hold(evaluation.names):
            return []
    except ConditionFailed as error:
        return _failed(bound, str(error))
    found: list[Decision] = []
    for index, validation in enumerate(bound.spec.get("validations") or ()):
        outcome = evaluation.run(bound.expressions.validation(validation["expression"]))
        if outcome.error:
            found += _failed(bound, f"expression '{validation['expression']}' resulted in error: {outcome.error}")
        elif outcome.value is not True:
            message = _message(bound, evaluation, validation)
            found.append(Decision(bound, message, validation.get("reason") or "Invalid", index))
    return found + _annotate(bound, evaluation, notes)


def _failed(bound: Bound, text: str) -> list[Decision]:
    return [] if bound.is_ignoring else [Decision(bound, text, is_error=True)]


def _message(bound: Bound, evaluation: Evaluation, validation: Obj) -> str:
    text = validation.get("messageExpression")
    if text:
        outcome = evaluation.run(bound.expressions.message(text))
        found = outcome.value.strip() if isinstance(outcome.value, str) else ""
        if found and "\n" not in found and len(found.encode()) <= MAX_MESSAGE:
            return str(found)
    stated: str = (validation.get("message") or "").strip()
    return stated or f"failed expression: {validation['expression'].strip()}"


def _annotate(bound: Bound, evaluation: Evaluation, notes: dict[str, list[str]]) -> list[Decision]:
    found: list[Decision] = []
    for annotation in bound.spec.get("auditAnnotations") or ():
        text = annotation["valueExpression"]
        outcome = evaluation.run(bound.expressions.annotation(text))
        if outcome.error:
            found += _failed(bound, f"expression '{text}' resulted in error: {outcome.error}")
        elif isinstance(outcome.value, str) and outcome.value.strip():
            values = notes.setdefault(f"{bound.name}/{annotation['key']}", [])
            value = outcome.value.strip()[:MAX_ANNOTATION]
            if value not in values:
                values.append(value)
    return found


def _subject(decision: Decision) -> str:
    return f"ValidatingAdmissionPolicy '{decision.bound.name}' with binding '{decision.bound.binding}'"


def _publish(call: Call, found: list[Decision]) -> None:
    """Warn of what bindings say to warn of, and annotate what they say to audit."""
    audited: list[dict[str, Any]] = []
    for decision in found:
        if decision.is_error:
            continue
        actions = decision.bound.actions
        if "Warn" in actions:
            call.warn(f"Validation failed for {_subject(decision)}: {decision.message}")
        if "Audit" in actions:
            audited.append({
                "message": decision.message, "policy": decision.bound.name, "binding": decision.bound.binding,
                "expressionIndex": decision.index, "validationActions": list(actions),
            })  # fmt: skip
    if audited:
        call.annotate(AUDIT_KEY, orjson.dumps(audited).decode())


def _refusal(call: Call, asked: Attributes, denied: list[Decision]) -> StatusError:
    """Return the failure: the first decision is its message and reason, each is a cause."""
    first = denied[0]
    text = f"{_subject(first)} denied request: {first.message}"
    error = forbidden(call.resource, call.name or asked.name, text, [{"message": decision.message} for decision in denied])
    error.status_reason, error.code = first.reason, _CODES.get(first.reason, 422)
    return error

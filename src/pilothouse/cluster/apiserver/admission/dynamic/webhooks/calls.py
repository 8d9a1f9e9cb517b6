"""Asking the webhooks that a request concerns, and doing what they answer."""

from __future__ import annotations

import logging

from pilothouse.api.patch.json import apply_json_patch
from pilothouse.cluster.apiserver.admission.dynamic.conditions import ConditionFailed, names_of
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.objects import Objects, returned, seen_as
from pilothouse.cluster.apiserver.admission.dynamic.request import request_of
from pilothouse.cluster.apiserver.admission.dynamic.rounds import Round
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import (
    MUTATING,
    VALIDATING,
    Hook,
    HookIndex,
    Invocation,
    concerned,
)
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.metrics import REFUSED, UNREACHABLE, HookMetrics
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.review import Verdict, ask, call_failure, refusal
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden, internal
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.metrics import MetricsRegistry

logger = logging.getLogger("pilothouse.apiserver.webhooks")


class MutatingHooks:
    """Calls mutating hooks, one after the other."""

    def __init__(self, backend: Backend, outgoing: Outgoing, objects: Objects, metrics: MetricsRegistry) -> None:
        """Call through `outgoing`."""
        self.backend, self.objects = backend, objects
        self.index = HookIndex(backend, MUTATING)
        self.caller = Caller(backend, outgoing, HookMetrics(metrics, "admit"), is_mutating=True)

    @property
    def is_used(self) -> bool:
        """Whether there is any hook."""
        return bool(self.index.hooks)

    async def mutate(self, run: Round) -> None:
        """Call the hooks that are due; raises StatusError for a refusal or a failed call that must not be missed."""
        for hook in self.index.hooks:
            invocation = concerned(self.backend, hook, run.asked)
            if invocation is None or not run.is_due(hook.uid):
                continue
            await self._invoke(run, invocation)
            run.ran(hook.uid, is_reinvocable=hook.is_reinvocable)

    async def _invoke(self, run: Round, invocation: Invocation) -> None:
        seen = await seen_as(self.objects, run.asked, invocation.resource)
        if not _holds(self.backend, seen, invocation):
            return
        verdict = await self.caller.call(run.call, invocation, seen)
        if verdict is not None and verdict.patch:
            await self._patch(run, invocation, seen, verdict.patch)

    async def _patch(self, run: Round, invocation: Invocation, seen: Attributes, patch: list[Obj]) -> None:
        hook = invocation.hook
        if seen.obj is None:
            text = f'admission webhook "{hook.name}" attempted to modify the object, which is not supported for this operation'
            raise internal(text)
        try:
            tree = apply_json_patch(seen.obj, patch)
            if not isinstance(tree, dict):
                raise internal("the patched object is no object")
            result = self.objects.defaulted(invocation.resource, run.asked.kind, tree)
        except StatusError:
            raise
        except PilothouseError as error:
            raise internal(error.message) from None
        if result != seen.obj:
            run.replace(await returned(self.objects, run.asked, invocation.resource, result))


class ValidatingHooks:
    """Calls validating hooks, all at once."""

    def __init__(self, backend: Backend, outgoing: Outgoing, objects: Objects, metrics: MetricsRegistry) -> None:
        """Call through `outgoing`."""
        self.backend, self.objects = backend, objects
        self.index = HookIndex(backend, VALIDATING)
        self.caller = Caller(backend, outgoing, HookMetrics(metrics, "validating"), is_mutating=False)

    @property
    def is_used(self) -> bool:
        """Whether there is any hook."""
        return bool(self.index.hooks)

    async def validate(self, call: Call, asked: Attributes) -> None:
        """Call the hooks; the first refusal in their order counts."""
        found = [concerned(self.backend, hook, asked) for hook in self.index.hooks]
        invocations = [invocation for invocation in found if invocation is not None]
        failures = await run_all([self._judge(call, asked, invocation) for invocation in invocations])
        for failure in failures:
            if failure is not None:
                raise failure

    async def _judge(self, call: Call, asked: Attributes, invocation: Invocation) -> StatusError | None:
        try:
            seen = await seen_as(self.objects, asked, invocation.resource)
            if not _holds(self.backend, seen, invocation):
                return None
            await self.caller.call(call, invocation, seen)
        except StatusError as error:
            return error
        return None


def _holds(backend: Backend, seen: Attributes, invocation: Invocation) -> bool:
    """Whether the conditions of a hook hold; raises 403 when they cannot be told and the hook must not be missed."""
    conditions = invocation.hook.conditions
    if conditions is None:
        return True
    try:
        return conditions.hold(names_of(backend, seen.user, request_of(seen, invocation.resource, "")))
    except ConditionFailed as error:
        if invocation.hook.is_ignoring:
            return False
        raise forbidden(seen.resource, seen.name, str(error)) from None


class Caller:
    """Asks one hook, and counts it."""

    def __init__(self, backend: Backend, outgoing: Outgoing, metrics: HookMetrics, *, is_mutating: bool) -> None:
        """Call through `outgoing`."""
        self.backend, self.outgoing, self.metrics, self.is_mutating = backend, outgoing, metrics, is_mutating

    async def call(self, call: Call, invocation: Invocation, seen: Attributes) -> Verdict | None:
        """Return a verdict that allows, None for a failed call that may be missed; raises StatusError for anything else."""
        hook, clock = invocation.hook, self.backend.clock
        started = clock.monotonic()
        try:
            verdict = await ask(self.outgoing, invocation, seen, self.backend.entropy.uuid(), is_mutating=self.is_mutating)
        except CallFailed as error:
            is_fatal = not hook.is_ignoring
            self.metrics.called(hook, seen.operation, clock.monotonic() - started, code=0, is_rejected=is_fatal)
            self._failed(hook, seen.operation, error)
            return None
        failure = None if verdict.is_allowed else refusal(hook, verdict.result)
        code = 200 if failure is None else failure.code
        self.metrics.called(hook, seen.operation, clock.monotonic() - started, code=code, is_rejected=failure is not None)
        for warning in verdict.warnings:
            call.warn(warning)
        if failure is not None:
            self.metrics.rejected(hook, seen.operation, REFUSED, code)
            raise failure
        return verdict

    def _failed(self, hook: Hook, operation: str, error: CallFailed) -> None:
        """Raise for a failed call, unless the hook may be missed."""
        if not hook.is_ignoring:
            self.metrics.rejected(hook, operation, UNREACHABLE)
            raise call_failure(hook, error)
        self.metrics.ignored(hook)
        logger.warning("failed calling webhook %s, failing open: %s", hook.name, error.message)

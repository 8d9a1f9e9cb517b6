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
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.review import ask, call_failure, refusal
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden, internal
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import PilothouseError

logger = logging.getLogger("pilothouse.apiserver.webhooks")


class MutatingHooks:
    """Calls mutating hooks, one after the other."""

    def __init__(self, backend: Backend, outgoing: Outgoing, objects: Objects) -> None:
        """Call through `outgoing`."""
        self.backend, self.outgoing, self.objects = backend, outgoing, objects
        self.index = HookIndex(backend, MUTATING)

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
            try:
                await self._invoke(run, invocation)
            except CallFailed as error:
                failure = _failed(hook, error)
                if failure is not None:
                    raise failure from None
            run.ran(hook.uid, is_reinvocable=hook.is_reinvocable)

    async def _invoke(self, run: Round, invocation: Invocation) -> None:
        hook = invocation.hook
        seen = await seen_as(self.objects, run.asked, invocation.resource)
        if not _holds(self.backend, seen, invocation):
            return
        verdict = await ask(self.outgoing, invocation, seen, self.backend.entropy.uuid(), is_mutating=True)
        for warning in verdict.warnings:
            run.call.warn(warning)
        if not verdict.is_allowed:
            raise refusal(hook, verdict.result)
        if verdict.patch:
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

    def __init__(self, backend: Backend, outgoing: Outgoing, objects: Objects) -> None:
        """Call through `outgoing`."""
        self.backend, self.outgoing, self.objects = backend, outgoing, objects
        self.index = HookIndex(backend, VALIDATING)

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
            uid = self.backend.entropy.uuid()
            verdict = await ask(self.outgoing, invocation, seen, uid, is_mutating=False)
        except CallFailed as error:
            return _failed(invocation.hook, error)
        except StatusError as error:
            return error
        for warning in verdict.warnings:
            call.warn(warning)
        return None if verdict.is_allowed else refusal(invocation.hook, verdict.result)


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


def _failed(hook: Hook, error: CallFailed) -> StatusError | None:
    if hook.is_ignoring:
        logger.warning("failed calling webhook %s, failing open: %s", hook.name, error.message)
        return None
    return call_failure(hook, error)

"""The admission stage that calls webhooks: mutating ones one after the other, validating ones side by side.

Runs after the built-in stages of its half. A hook that changed an object has the built-in stages run once more, and after them
the hooks that asked for it (`reinvocationPolicy: IfNeeded`), so that what one adds is seen by all.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import orjson

from pilothouse.api.fields.managers import decode as decode_managers
from pilothouse.api.patch.json import apply_json_patch
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.admission.webhooks.conditions import ConditionFailed
from pilothouse.cluster.apiserver.admission.webhooks.hooks import MUTATING, VALIDATING, Hook, HookIndex
from pilothouse.cluster.apiserver.admission.webhooks.matching import Attributes, Invocation, is_exempt, match
from pilothouse.cluster.apiserver.admission.webhooks.request import POSTED, attributes_of
from pilothouse.cluster.apiserver.admission.webhooks.review import ask, call_failure, internal, refusal, review_of
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import PilothouseError

logger = logging.getLogger("pilothouse.apiserver.webhooks")
BROKEN_MANAGERS = (
    ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission "
    "controller; please fix your requests: {}"
)


class Objects(Protocol):
    """What the registry knows of objects: their versions and their canonical form."""

    async def between(self, source: Resource, target: Resource, obj: Obj) -> Obj:
        """Return an object of `source` in the version of `target`."""
        ...

    def defaulted(self, resource: Resource, kind: tuple[str, str, str], tree: Obj) -> Obj:
        """Return a patched tree as the next hook sees it; raises PilothouseError for one that is no object of the kind."""
        ...

    def canonical(self, resource: Resource, tree: Obj) -> Obj:
        """Return the final tree, without what the schema of a custom resource does not have."""
        ...

    def shown(self, call: Call, obj: Obj) -> Obj:
        """Return what admission sees of an object: itself, or its Scale."""
        ...

    def taken(self, call: Call, obj: Obj, shown: Obj) -> Obj:
        """Return the object after admission changed what it was shown."""
        ...


class Webhooks:
    """Calls the hooks that a request concerns."""

    def __init__(self, backend: Backend, outgoing: Outgoing, objects: Objects, earlier: Sequence[Stage]) -> None:
        """Call through `outgoing`; `earlier` are the stages to run again after a change."""
        self.backend, self.outgoing, self.objects, self.earlier = backend, outgoing, objects, tuple(earlier)
        self.mutating, self.validating = HookIndex(backend, MUTATING), HookIndex(backend, VALIDATING)

    def start(self) -> None:
        """Read the configurations that are stored."""
        self.mutating.load()
        self.validating.load()

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Call the mutating hooks and change `obj` as they ask."""
        if not self.mutating.hooks:
            return
        asked = attributes_of(call, obj, old, self.objects.shown)
        if asked is None or is_exempt(call.resource):
            return
        run = _Run(self, call, asked)
        await run.round(self.mutating.hooks, is_again=False)
        if run.has_changed:
            run.write(obj)
            if asked.operation in ("CREATE", "UPDATE"):
                for stage in self.earlier:
                    await stage.mutate(call, obj, old)
                await run.again(self.mutating.hooks, obj)

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Call the validating hooks, all at once; the first refusal in their order counts."""
        if not self.validating.hooks:
            return
        asked = attributes_of(call, obj, old, self.objects.shown)
        if asked is None or is_exempt(call.resource):
            return
        found = [match(self.backend, hook, asked) for hook in self.validating.hooks]
        invocations = [invocation for invocation in found if invocation is not None]
        failures = await run_all([self._judge(call, asked, invocation) for invocation in invocations])
        for failure in failures:
            if failure is not None:
                raise failure

    @property
    def is_used(self) -> bool:
        """Whether there is any hook."""
        return bool(self.mutating.hooks or self.validating.hooks)

    async def posted(self, call: Call) -> None:
        """Call the hooks for what is posted to a subresource; bodies that cannot be read are left to whoever refuses them."""
        sub = call.subresource
        if sub is None or sub.name not in POSTED:
            return
        try:
            obj = orjson.loads(call.request.body)
        except orjson.JSONDecodeError:
            return
        if not isinstance(obj, dict) or not isinstance(obj.setdefault("metadata", {}), dict):
            return
        obj = {**obj, "kind": sub.kind, "apiVersion": f"{sub.group}/{sub.version}" if sub.group else sub.version}
        before, call.dry_run = dict(obj), "dryRun" in call.params
        await self.mutate(call, obj, None)
        await self.validate(call, obj, None)
        if obj != before:
            call.request.body = orjson.dumps(obj)

    async def _judge(self, call: Call, asked: Attributes, invocation: Invocation) -> StatusError | None:
        try:
            seen = await self.seen(asked, invocation.resource)
            if not self.holds(seen, invocation):
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

    def holds(self, seen: Attributes, invocation: Invocation) -> bool:
        """Whether the conditions of a hook hold; raises 403 when they cannot be told and the hook must not be missed."""
        conditions = invocation.hook.conditions
        if conditions is None:
            return True
        try:
            return conditions.hold(self.backend, seen.user, review_of(seen, invocation, "", "v1"))
        except ConditionFailed as error:
            if invocation.hook.is_ignoring:
                return False
            raise forbidden(seen.resource, seen.name, str(error)) from None

    async def seen(self, asked: Attributes, resource: Resource) -> Attributes:
        """Return the request with its objects in the version a hook asked for."""
        if resource is asked.resource or asked.kind[2] != asked.resource.kind:
            return asked
        return Attributes(
            asked.operation, asked.resource, asked.user, asked.subresource, asked.kind, asked.namespace, asked.name,
            None if asked.obj is None else await self.objects.between(asked.resource, resource, asked.obj),
            None if asked.old is None else await self.objects.between(asked.resource, resource, asked.old),
            asked.options, asked.dry_run,
        )  # fmt: skip


class _Run:
    """The mutating hooks of one request: its object as it is now, and who wants to see it again."""

    def __init__(self, stage: Webhooks, call: Call, asked: Attributes) -> None:
        self.stage, self.call, self.asked = stage, call, asked
        self.has_changed = False
        self.output: Obj | None = None
        self._invoked: set[str] = set()
        self._wanted: set[str] = set()

    async def round(self, hooks: tuple[Hook, ...], *, is_again: bool) -> None:
        for hook in hooks:
            invocation = match(self.stage.backend, hook, self.asked)
            if invocation is None or (is_again and hook.uid not in self._wanted):
                continue
            try:
                await self._invoke(invocation)
            except CallFailed as error:
                failure = _failed(hook, error)
                if failure is not None:
                    raise failure from None
            if hook.is_reinvocable:
                self._invoked.add(hook.uid)
        self.output = self.asked.obj

    async def again(self, hooks: tuple[Hook, ...], obj: Obj) -> None:
        shown = self.stage.objects.shown(self.call, obj)
        if shown != self.output:
            self._revisit()
        self.asked.obj = shown
        if self._wanted:
            await self.round(hooks, is_again=True)
            self.write(obj)

    def _revisit(self) -> None:
        self._wanted |= self._invoked
        self._invoked.clear()

    def write(self, obj: Obj) -> None:
        """Put the result into the object of the request."""
        objects, asked, result = self.stage.objects, self.asked, self.asked.obj
        assert result is not None
        try:
            if asked.kind[2] == asked.resource.kind:
                result = objects.canonical(asked.resource, result)
        except PilothouseError as error:
            raise internal(error.message) from None
        changed = dict(objects.taken(self.call, obj, result))
        before = (obj.get("metadata") or {}).get("managedFields")
        obj.clear()
        obj.update(changed)
        self._keep_managers(obj, before)

    def _keep_managers(self, obj: Obj, before: list[Obj] | None) -> None:
        """Undo what hooks did to managedFields when it cannot be read any more."""
        if "metadata" not in obj:
            return
        try:
            decode_managers(obj["metadata"].get("managedFields"))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self.call.warn(BROKEN_MANAGERS.format(error))
            if before is None:
                del obj["metadata"]["managedFields"]
            else:
                obj["metadata"]["managedFields"] = before

    async def _invoke(self, invocation: Invocation) -> None:
        stage, hook = self.stage, invocation.hook
        seen = await stage.seen(self.asked, invocation.resource)
        if not stage.holds(seen, invocation):
            return
        verdict = await ask(stage.outgoing, invocation, seen, stage.backend.entropy.uuid(), is_mutating=True)
        for warning in verdict.warnings:
            self.call.warn(warning)
        if not verdict.is_allowed:
            raise refusal(hook, verdict.result)
        if verdict.patch:
            await self._patch(invocation, seen, verdict.patch)

    async def _patch(self, invocation: Invocation, seen: Attributes, patch: list[Obj]) -> None:
        hook, objects = invocation.hook, self.stage.objects
        if seen.obj is None:
            text = f'admission webhook "{hook.name}" attempted to modify the object, which is not supported for this operation'
            raise internal(text)
        try:
            tree = apply_json_patch(seen.obj, patch)
            if not isinstance(tree, dict):
                raise internal("the patched object is no object")
            result = objects.defaulted(invocation.resource, self.asked.kind, tree)
        except StatusError:
            raise
        except PilothouseError as error:
            raise internal(error.message) from None
        if result == seen.obj:
            return
        if invocation.resource is not self.asked.resource and self.asked.kind[2] == self.asked.resource.kind:
            result = await objects.between(invocation.resource, self.asked.resource, result)
        self.asked.obj = result
        self.has_changed = True
        self._revisit()


def _failed(hook: Hook, error: CallFailed) -> StatusError | None:
    if hook.is_ignoring:
        logger.warning("failed calling webhook %s, failing open: %s", hook.name, error.message)
        return None
    return call_failure(hook, error)

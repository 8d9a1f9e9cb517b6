"""The admission stage of policies and webhooks: in either half policies run first, then webhooks.

Runs after the built-in stages of its half. A change has the built-in stages run once more, and after them whoever asked for it
(`reinvocationPolicy: IfNeeded`).
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from pilothouse.api.fields.managers import decode as decode_managers
from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.admission.dynamic.matching import is_exempt
from pilothouse.cluster.apiserver.admission.dynamic.objects import Objects, is_own_kind
from pilothouse.cluster.apiserver.admission.dynamic.policies.mutating import MutatingPolicies
from pilothouse.cluster.apiserver.admission.dynamic.policies.validating import ValidatingPolicies
from pilothouse.cluster.apiserver.admission.dynamic.request import POSTED, attributes_of
from pilothouse.cluster.apiserver.admission.dynamic.rounds import Round
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.calls import MutatingHooks, ValidatingHooks
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import internal
from pilothouse.cluster.apiserver.http.outgoing import Outgoing
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.metrics import MetricsRegistry

BROKEN_MANAGERS = (
    ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission "
    "controller; please fix your requests: {}"
)


class Dynamic(Stage):
    """Policies and webhooks as one stage."""

    def __init__(
        self, backend: Backend, outgoing: Outgoing, objects: Objects, earlier: Sequence[Stage], metrics: MetricsRegistry
    ) -> None:
        """Call webhooks through `outgoing`; `earlier` are the stages to run again after a change."""
        self.objects, self.earlier = objects, tuple(earlier)
        self.mutating = (MutatingPolicies(backend, objects, metrics), MutatingHooks(backend, outgoing, objects, metrics))
        self.validating = (ValidatingPolicies(backend, objects, metrics), ValidatingHooks(backend, outgoing, objects, metrics))

    def start(self) -> None:
        """Read the configurations that are stored."""
        for part in (*self.mutating, *self.validating):
            part.index.load()

    @property
    def is_used(self) -> bool:
        """Whether there is any policy or hook."""
        return any(part.is_used for part in (*self.mutating, *self.validating))

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Change `obj` as policies and hooks ask."""
        policies, hooks = self.mutating
        if (not policies.is_used and not hooks.is_used) or is_exempt(call.resource):
            return
        asked = attributes_of(call, obj, old, self.objects.shown)
        if asked is None:
            return
        run = Round(call, asked)
        await self._pass(run)
        if run.has_changed:
            self._write(run, obj)
            if asked.operation in ("CREATE", "UPDATE"):
                await self._again(run, obj, old)

    async def _pass(self, run: Round) -> None:
        for part in self.mutating:
            if part.is_used:
                await part.mutate(run)
        run.output = run.asked.obj

    async def _again(self, run: Round, obj: Obj, old: Obj | None) -> None:
        for stage in self.earlier:
            await stage.mutate(run.call, obj, old)
        if run.begin_again(self.objects.shown(run.call, obj)):
            await self._pass(run)
            self._write(run, obj)

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse or warn as policies and hooks say."""
        policies, hooks = self.validating
        if (not policies.is_used and not hooks.is_used) or is_exempt(call.resource):
            return
        asked = attributes_of(call, obj, old, self.objects.shown)
        if asked is None:
            return
        for part in self.validating:
            if part.is_used:
                await part.validate(call, asked)

    async def posted(self, call: Call) -> None:
        """Judge what is posted to a subresource; bodies that cannot be read are left to whoever refuses them."""
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
        await self.asked(call, obj)
        if obj != before:
            call.request.body = orjson.dumps(obj)

    async def asked(self, call: Call, obj: Obj) -> None:
        """Judge an object that is not stored, such as a review; may change it."""
        await self.mutate(call, obj, None)
        await self.validate(call, obj, None)

    def _write(self, run: Round, obj: Obj) -> None:
        """Put the result into the object of the request."""
        result = run.asked.obj
        assert result is not None
        try:
            if is_own_kind(run.asked):
                result = self.objects.canonical(run.asked.resource, result)
        except PilothouseError as error:
            raise internal(error.message) from None
        changed = dict(self.objects.taken(run.call, obj, result))
        before = (obj.get("metadata") or {}).get("managedFields")
        obj.clear()
        obj.update(changed)
        _keep_managers(run.call, obj, before)


def _keep_managers(call: Call, obj: Obj, before: list[Obj] | None) -> None:
    """Undo what was done to managedFields when it cannot be read any more."""
    if "metadata" not in obj:
        return
    try:
        decode_managers(obj["metadata"].get("managedFields"))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        call.warn(BROKEN_MANAGERS.format(error))
        if before is None:
            del obj["metadata"]["managedFields"]
        else:
            obj["metadata"]["managedFields"] = before

"""The status of ValidatingAdmissionPolicies: what type checking found, for the generation it was found in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.dynamic.policies.validating import POLICIES
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import GROUP
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.cluster.apiserver.watchcache.upkeep import Upkeep

PAUSE_S = 0.5
"""Policies are often written several times in a row, and checking one takes long: each rests first."""


def policy_status(backend: Backend, encode: Callable[[Resource, Obj], bytes]) -> Upkeep:
    """Return the upkeep of the status; `encode` gives the stored form of an object."""

    def stale() -> Iterator[tuple[Item, Obj]]:
        for item in backend.all_of(GROUP, POLICIES):
            changed = checked(backend, item.object)
            if changed is not None:
                yield item, changed

    async def write(item: Item, obj: Obj) -> Any:
        resource = backend.scheme.resource(GROUP, "v1", POLICIES)
        assert resource is not None
        await backend.write(item.key, item.revision, encode(resource, obj))

    async def pause() -> None:
        await backend.clock.sleep(PAUSE_S)

    return Upkeep("policy-status", backend.cache, (f"/registry/{GROUP}/{POLICIES}/",), stale, write, pause)


def checked(backend: Backend, policy: Obj) -> Obj | None:
    """Return a policy with the status of its generation, None when it has it."""
    generation = policy["metadata"].get("generation", 1)
    status = policy.get("status") or {}
    if status.get("observedGeneration", 0) >= generation:
        return None
    from pilothouse.api.validation.admission.typechecking import check_types

    warnings = check_types(policy, backend.scheme)
    found = {"expressionWarnings": warnings} if warnings else {}
    return {**policy, "status": {**status, "observedGeneration": generation, "typeChecking": found}}

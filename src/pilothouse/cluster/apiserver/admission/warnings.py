"""Warnings about what is stored, and owners that are stated twice.

The stage comes first, so its warnings come before those of policies, and after validation: what is refused as invalid is not
warned of.
"""

from __future__ import annotations

from pilothouse.api.findings.warnings import warnings_of
from pilothouse.cluster.apiserver.context import Call, Obj

_REPEATED = (
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such "
    "requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}"
)


class Warnings:
    """The stage."""

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Nothing: objects are looked at as they will be stored."""

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Warn; nothing is refused."""
        if call.subresource is None and call.verb != "delete":
            for text in warnings_of(call.resource.group, call.resource.kind, obj, old):
                call.warn(text)


def keep_owners_once(call: Call, obj: Obj) -> None:
    """Drop owners an object states twice, with a warning; the writer calls it before it tracks who set what."""
    owners = obj["metadata"].get("ownerReferences")
    if not owners or len(owners) < 2:
        return
    kept: list[Obj] = []
    repeated: list[str] = []
    for owner in owners:
        if owner in kept:
            repeated.append(owner.get("uid", ""))
        else:
            kept.append(owner)
    if repeated:
        obj["metadata"]["ownerReferences"] = kept
        call.warn(_REPEATED.format(", ".join(repeated)))

"""How admission stages refuse an object: named as far as it has a name yet."""

from __future__ import annotations

from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden


def refused(call: Call, obj: Obj, why: str) -> StatusError:
    """403 from a stage; an object without a name is called by the one its name begins with."""
    meta = obj["metadata"]
    return forbidden(call.resource, call.name or meta.get("name") or meta.get("generateName") or "Unknown", why)

"""Writing Pod statuses: a strategic merge patch of what changed, so that conditions of other writers stay.

Within a condition, a reason or message that no longer applies is removed explicitly. A write that fails because the server is
away is repeated by the worker; one that fails because the Pod is gone is not.
"""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.cluster.nodeagent.engine.status import pod_status
from pilothouse.cluster.nodeagent.types import Json, PodState
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import POD

OWN_CONDITIONS = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
_OPTIONAL = ("reason", "message", "podIP", "podIPs", "startTime")


def status_patch(status: Json) -> Json:
    """Return the patch body that makes the stored status equal to `status`."""
    shown: dict[str, Any] = {**dict.fromkeys(key for key in _OPTIONAL if key not in status), **status}
    conditions = [c for c in status.get("conditions") or [] if c["type"] in OWN_CONDITIONS]
    shown["conditions"] = [{"reason": None, "message": None, **condition} for condition in conditions]
    return {"status": shown}


class StatusWriter:
    """Writes the status of one Pod when it differs from what was written last."""

    def __init__(self, client: Client, host_ip: str) -> None:
        """Write through `client`."""
        self._client, self._host_ip = client, host_ip
        self._last = b""

    async def write(self, pod: Json, state: PodState, now: float) -> Json | None:
        """Write the current status; returns the Pod as stored, or None when nothing was written or the Pod is gone."""
        status = pod_status(pod, state, self._host_ip, now)
        raw = orjson.dumps(status, option=orjson.OPT_SORT_KEYS)
        if raw == self._last:
            return None
        metadata = pod["metadata"]
        body = {**status_patch(status), "metadata": {"uid": metadata["uid"]}}
        try:
            stored = await self._client.patch(
                POD, metadata["name"], metadata["namespace"], body, "strategic", subresource="status"
            )
        except NotFound:
            return None
        self._last = raw
        return stored

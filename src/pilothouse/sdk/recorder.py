"""Events: what controllers did and why, as Event objects next to the object.

Recording never blocks and never fails a reconcile: events go through a bounded queue to one writer. The same event again
raises the count of the first instead of adding another object.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

import msgspec

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, Entropy, rfc3339
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiForbidden, ApiNotFound
from pilothouse.sdk.kinds import EVENT

QUEUE_LIMIT = 1_000
REMEMBERED = 1_000
logger = logging.getLogger("pilothouse.sdk.recorder")


class _Note(msgspec.Struct, frozen=True):
    involved: tuple[str, str, str, str, str]
    type: str
    reason: str
    message: str


class Recorder:
    """Writes events for one component."""

    def __init__(self, client: Client, component: str, clock: Clock, entropy: Entropy) -> None:
        """Name `component` as the source."""
        self._client, self._component, self._clock, self._entropy = client, component, clock, entropy
        self._queue: asyncio.Queue[_Note] = asyncio.Queue(QUEUE_LIMIT)
        self._known: OrderedDict[_Note, tuple[str, int]] = OrderedDict()
        self._scope = TaskScope(f"recorder-{component}")
        self._is_started = False

    def normal(self, tree: Tree, reason: str, message: str) -> None:
        """Record something expected."""
        self._record(tree, "Normal", reason, message)

    def warning(self, tree: Tree, reason: str, message: str) -> None:
        """Record something that deserves attention."""
        self._record(tree, "Warning", reason, message)

    def _record(self, tree: Tree, event_type: str, reason: str, message: str) -> None:
        if not self._is_started:
            self._is_started = True
            self._scope.spawn(self._write(), "write")
        involved = (str(tree.get("apiVersion", "")), str(tree.get("kind", "")), namespace_of(tree), name_of(tree), uid_of(tree))
        try:
            self._queue.put_nowait(_Note(involved, event_type, reason, message[:1024]))
        except asyncio.QueueFull:
            logger.warning("event dropped, the queue is full: %s %s", reason, message)

    async def _write(self) -> None:
        while True:
            note = await self._queue.get()
            try:
                await self._send(note)
            except (ApiNotFound, ApiForbidden):
                logger.debug("event not kept, the namespace is going away: %s", note.message)
            except PilothouseError as error:
                logger.warning("event %s could not be written: %s", note.reason, error)

    async def _send(self, note: _Note) -> None:
        api_version, kind, namespace, name, uid = note.involved
        now = rfc3339(self._clock.now())
        where = namespace or "default"
        known = self._known.get(note)
        if known is not None:
            event_name, count = known
            try:
                await self._client.patch(EVENT, event_name, where, {"count": count + 1, "lastTimestamp": now})
                self._known[note] = (event_name, count + 1)
                self._known.move_to_end(note)
                return
            except ApiNotFound:
                del self._known[note]
        # names sort by time, so that clients show the events of one second in their order
        event_name = f"{name}.{int(self._clock.now() * 1e6):013x}{self._entropy.token_bytes(2).hex()[:3]}"
        await self._client.create(
            EVENT,
            {
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": event_name, "namespace": where},
                "involvedObject": {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name, "uid": uid},
                "type": note.type, "reason": note.reason, "message": note.message, "count": 1,
                "firstTimestamp": now, "lastTimestamp": now, "source": {"component": self._component},
                "reportingComponent": self._component, "reportingInstance": "",
            },
        )  # fmt: skip
        self._known[note] = (event_name, 1)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def stop(self) -> None:
        """Drop what is queued and end the writer."""
        await self._scope.close()

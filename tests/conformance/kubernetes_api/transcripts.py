"""Transcripts of clients: each command with the requests it sent and the answers it got."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from pilothouse.api.scheme.protobuf import decode_protobuf
from pilothouse.wire.http.messages import Response
from tests.conformance.kubernetes_api.compare import Differs, anonymous

if TYPE_CHECKING:
    from tests.conformance.kubernetes_api.runner import Replay

QUICK, ACTS = 40, 10
"""How often a client reads again what others are about to change, before and after they are asked to act."""


class Transcript:
    """Plays the commands of one scenario."""

    def __init__(self, replay: Replay) -> None:
        """Send through `replay`."""
        self._replay, self._others, self._compare = replay, replay.others, replay.compare

    async def run(self, command: dict[str, Any]) -> None:
        await asyncio.sleep(0.02)  # a client is a process of its own: the server settled while it started
        for exchange in command["exchanges"]:
            try:
                await self._exchange(exchange)
            except Differs as error:
                where = f"{' '.join(command['argv'])}: {exchange['request']['method']} {exchange['request']['path']}"
                raise Differs(f"{where}: {error}") from None

    async def _exchange(self, exchange: dict[str, Any]) -> None:
        """Send a request of a client; where others act, one that reads is sent again until they have."""
        request, expected = exchange["request"], exchange["response"]
        if expected.get("status") == 304:  # the client's own cache sent a validator that was not recorded
            request = {**request, "headers": {**(request.get("headers") or {}), "if-none-match": "$etag"}}
        if request["method"] != "GET" and self._others.has_controllers:
            await self._await_status(request, expected)
        first: Differs | None = None
        for attempt in range(QUICK + ACTS if request["method"] == "GET" else 1):
            before = dict(self._compare.bound)
            try:
                await self._answered(expected, await self._replay.send(request))
                return
            except Differs as error:
                first = first or error
                self._compare.bound = before
                await self._give_time(attempt)
        assert first is not None
        raise first

    async def _give_time(self, attempt: int) -> None:
        """Let the server go on by itself, a little at a time, then let it rest, then let the others act once more."""
        if attempt < QUICK:
            await asyncio.sleep(0)
        elif self._others.are_there:
            await self._others.rest()
            if attempt > QUICK:
                await self._others.act()

    async def _await_status(self, request: dict[str, Any], expected: dict[str, Any]) -> None:
        """Wait until an object that is to be written has got as far as the recorder found it."""
        await self._others.rest()
        wanted = (expected.get("body") or {}).get("status")
        for _ in range(10):
            found = json_or_none(await (await self._replay.send({"method": "GET", "path": request["path"]})).read())
            status = found.get("status") if isinstance(found, dict) else None
            if not isinstance(wanted, dict) or not isinstance(status, dict) or _counts(status) == _counts(wanted):
                return
            await self._others.act()
            await self._others.rest()

    async def _answered(self, expected: dict[str, Any], response: Response) -> None:
        if "watchEvents" in expected:
            await response.aclose()
            if response.status != expected["status"]:
                raise Differs(f"status {response.status}")
        elif "bodyBase64" in expected:
            raw = await response.read()
            if response.status != expected["status"]:
                raise Differs(f"status: expected {expected['status']}, got {response.status}: {raw[:300]!r}")
            if "asJSON" in expected:
                self._compare_read(expected, json.loads(raw))
        else:
            await self._replay.check({**expected, "headers": {}}, response)

    def _compare_read(self, expected: dict[str, Any], given: Any) -> None:
        """Compare with what the recorder read in the place of protobuf, unless it came too late and found something else."""
        read, sent = expected["asJSON"], decode_protobuf(base64.b64decode(expected["bodyBase64"]))
        if read["kind"] == sent["kind"] and "items" not in read:
            self._compare.check(read, given)
        else:
            self._compare.check(_outline(sent), _outline(given))


def _counts(status: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in status.items() if isinstance(value, int) and value}


def _outline(value: Any) -> Any:
    """Return which fields a protobuf answer has, without those that a server may leave out."""
    value = anonymous(value)
    if isinstance(value, dict):
        return {key: _outline(item) for key, item in value.items()}
    return [_outline(item) for item in value] if isinstance(value, list) else None


def json_or_none(raw: bytes) -> Any:
    """Read JSON, if it is some."""
    try:
        return json.loads(raw)
    except ValueError:
        return None

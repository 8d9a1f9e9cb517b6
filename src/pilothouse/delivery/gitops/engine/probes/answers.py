"""What came back from a probe: healthy, unhealthy, or no answer at all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.delivery.gitops.engine.health.verdict import HEALTHY, STATUSES
from pilothouse.kit.errors import Invalid

SERVING = 1
_GRPC_STATES = {0: "UNKNOWN", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_MAX_MESSAGE = 300


class Answer(msgspec.Struct, frozen=True):
    """One answer."""

    is_healthy: bool | None
    """None when there was no answer, and somebody else has to judge."""
    message: str = ""
    status: str = ""
    """The health status, where the answer names one."""
    warning: str = ""
    """What went wrong although there is an answer."""


def http_answer(status: int, body: bytes) -> Answer:
    """Return what an HTTP answer means: healthy is 200 with `{"status": "ready"}`."""
    tree = _json(body)
    said = tree.get("status") if isinstance(tree, dict) else None
    told = short(tree.get("message")) if isinstance(tree, dict) else ""
    if status == 200 and said == "ready":
        return Answer(True, told, HEALTHY)
    if status != 200:
        return Answer(False, f"HTTP {status}" + (f": {told}" if told else ""))
    if isinstance(said, str):
        return Answer(False, f"status is {short(said)!r}, not 'ready'" + (f": {told}" if told else ""))
    return Answer(False, 'HTTP 200, but the body is not {"status": "ready"}')


def program_answer(status: int, output: str) -> Answer:
    """Return the verdict a program printed as its last line; raises `Invalid` when there is none."""
    lines = [line for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    if status != 0:
        raise Invalid(f"it ended with status {status}" + (f": {short(last)}" if last else ""))
    tree = _json(last.encode())
    said = tree.get("status") if isinstance(tree, dict) else None
    if said == "ready":
        said = HEALTHY
    if said not in STATUSES:
        raise Invalid(f"it printed no verdict, but {short(last)!r}", fix='print {"status": "Healthy", "message": ""}')
    return Answer(said == HEALTHY, short(tree.get("message")), str(said))


def grpc_request(service: str) -> bytes:
    """Return a HealthCheckRequest of grpc.health.v1."""
    name = service.encode()[:4096]
    size, length = b"", len(name)
    while length > 0x7F:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return b"\x0a" + size + bytes([length]) + name if name else b""


def grpc_answer(message: bytes) -> Answer:
    """Return what a HealthCheckResponse means; its one field is the state."""
    state = message[1] if len(message) > 1 and message[0] == 0x08 else 0
    return Answer(True, "", HEALTHY) if state == SERVING else Answer(False, _GRPC_STATES.get(state, f"state {state}"))


def prometheus_answer(status: int, body: bytes, holds: Callable[[float], bool] | None, compare: str) -> Answer:
    """Return what the samples of an instant query mean; raises `Invalid` when there is no result.

    With a comparison every sample has to fulfil it, without one there has to be a sample.
    """
    tree = _json(body)
    if not isinstance(tree, dict) or tree.get("status") != "success":
        error = tree.get("error") if isinstance(tree, dict) else None
        raise Invalid(f"the query failed with HTTP {status}" + (f": {short(error)}" if error else ""))
    values = _samples(tree.get("data"))
    if not values:
        if holds is None:
            return Answer(False, "the query gives no samples")
        raise Invalid("the query gives no samples to compare")
    wrong = [value for value in values if holds is not None and not holds(value)]
    if wrong:
        many = f" in {len(wrong)} of {len(values)}" if len(values) > 1 else ""
        return Answer(False, f"{wrong[0]:g} is not {compare.strip()}{many}")
    return Answer(True, "", HEALTHY)


def _samples(data: Any) -> list[float]:
    """Return the numbers of a scalar or a vector."""
    kind, result = (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (None, None)
    if kind not in {"scalar", "vector"} or not isinstance(result, list):
        raise Invalid(f"the query gives a {short(kind)}; a number or an instant vector is needed")
    pairs: list[Any] = (
        [result] if kind == "scalar" else [each.get("value") if isinstance(each, dict) else None for each in result]
    )
    try:
        found = [float(pair[1]) for pair in pairs]
    except (TypeError, ValueError, IndexError, KeyError):
        raise Invalid("the samples of the query cannot be read") from None
    return [value for value in found if not math.isnan(value)]


def short(text: Any) -> str:
    """Return a text on one line, cut to what a status can show."""
    line = " ".join(str(text if text is not None else "").split())
    return line if len(line) <= _MAX_MESSAGE else f"{line[: _MAX_MESSAGE - 3]}..."


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

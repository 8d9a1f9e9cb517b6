"""The clock of a server with virtual time: `/debug/clock` tells it, and a POST of `{"advanceS": 30}` lets time pass.

Whoever may is decided by RBAC on the path, so administrators only. Servers on real time have no such path. An advance is answered
once all that became due in it is done.
"""

from __future__ import annotations

import math
from typing import Any

from pilothouse.cluster.apiserver.errors import PlainError, bad_request, not_allowed
from pilothouse.cluster.apiserver.http.bodies import parse_json
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.kit.clock import Clock, rfc3339_micro
from pilothouse.kit.virtualtime import VirtualClock
from pilothouse.wire.http.messages import Request, Response

SHOWN = 50
"""How many pending timers are told."""
MAX_ADVANCE_S = 100 * 365 * 86_400.0


async def clock_answer(clock: Clock, request: Request) -> Response:
    """Answer GET and POST; raises 404 where time is real, 400 for a time that cannot be advanced by."""
    if not isinstance(clock, VirtualClock):
        raise PlainError(404, "404 page not found")
    if request.method == "POST":
        await clock.advance(_seconds(request.body))
    elif request.method not in ("GET", "HEAD"):
        raise not_allowed()
    return answer_tree(_state(clock))


def _seconds(body: bytes) -> float:
    try:
        document = parse_json(body)
    except ValueError as error:
        raise bad_request(f"the body is not JSON: {error}") from None
    seconds: Any = document.get("advanceS") if isinstance(document, dict) and len(document) == 1 else None
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not math.isfinite(seconds) or not 0 <= seconds <= MAX_ADVANCE_S:
        raise bad_request('the body must be {"advanceS": SECONDS}, from 0 to a hundred years')
    return float(seconds)


def _state(clock: VirtualClock) -> dict[str, Any]:
    pending = clock.pending()
    timers = [{"inS": round(alarm.when - clock.now(), 6), "name": alarm.name} for alarm in pending[:SHOWN]]
    return {"now": rfc3339_micro(clock.now()), "elapsedS": round(clock.monotonic(), 6), "pending": len(pending), "timers": timers}

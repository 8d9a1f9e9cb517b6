"""The fault lab of a running server: `/debug/faults` shows, loads and clears the plan, and requests are bent as it says.

Whoever may is decided by RBAC on the path, so administrators only. Plans are those of `kit.faults`; what a plan does to a request
here: an error instead of the answer, a delay before it, an answer that is lost, a list of the past, a watch that ends or says
that its version is gone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import orjson

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, not_allowed
from pilothouse.cluster.apiserver.http.bodies import parse_json
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.kit.faults import Dropped, FaultRule, Faults, read_plan
from pilothouse.wire.http.messages import Request, Response

STALE_WRITES = 50
"""How many writes ago a stale list is from, at most."""


def plan_answer(faults: Faults, request: Request) -> Response:
    """Answer GET, PUT and DELETE of the plan; raises 400 for a body that is no JSON and `BadFaultPlan`."""
    if request.method == "PUT":
        try:
            document = parse_json(request.body)
        except ValueError as error:
            raise bad_request(f"the fault plan is not JSON: {error}") from None
        faults.load(read_plan(document))
    elif request.method == "DELETE":
        faults.load(None)
    elif request.method not in ("GET", "HEAD"):
        raise not_allowed()
    seed = faults.plan.seed if faults.plan is not None else 0
    return answer_tree({"seed": seed, "rules": faults.state()})


async def rehearsed(backend: Backend, call: Call, serve: Callable[[Call], Awaitable[Response]]) -> Response:
    """Serve a request as the fault plan wants it to go; raises what the plan injects."""
    attributes = {
        "kind": call.resource.kind, "verb": call.verb, "namespace": call.namespace, "name": call.name,
        "client": call.user.name, "agent": call.request.header("user-agent"),
    }  # fmt: skip
    try:
        rule = await backend.faults.hit(f"api.{call.verb}", **attributes)
    except Dropped:
        await (await serve(call)).aclose()
        raise StatusError(504, "Timeout", "fault plan: it was done, but the answer was dropped") from None
    if rule is not None and rule.action == "stale" and call.verb == "list" and not call.params.get("continue"):
        revision = max(backend.store.oldest_revision, backend.store.revision - STALE_WRITES, 1)
        call.params = {**call.params, "resourceVersion": str(revision), "resourceVersionMatch": "Exact"}
    response = await serve(call)
    if rule is not None and call.verb == "watch" and not isinstance(response.body, bytes):
        response.body = _Bent(aiter(response.body), rule)
    return response


class _Bent:
    """A watch that ends after some pieces, with or without saying why."""

    def __init__(self, pieces: AsyncIterator[bytes], rule: FaultRule) -> None:
        self._pieces, self._left, self._rule, self._is_over = pieces, rule.events, rule, False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        if self._left > 0:
            self._left -= 1
            return await anext(self._pieces)
        self._is_over = True
        if self._rule.action != "expire":
            raise StopAsyncIteration
        gone = StatusError(410, "Expired", "too old resource version: the fault plan says so")
        return orjson.dumps({"type": "ERROR", "object": gone.body()}) + b"\n"

    async def aclose(self) -> None:
        self._is_over = True
        close = getattr(self._pieces, "aclose", None)
        if close is not None:
            await close()

"""The stage between authorisation and the answer: finds the flow of a request, takes its seats, makes it wait or refuses it.

The flow of a kind of request is looked up once and remembered until a FlowSchema or PriorityLevelConfiguration changes.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Attributes, Obj, User
from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import GROUP, LEVELS, SCHEMAS, flow_control_objects
from pilothouse.cluster.apiserver.http.flowcontrol.levels import Level, Levels
from pilothouse.cluster.apiserver.http.flowcontrol.metrics import FlowMetrics
from pilothouse.cluster.apiserver.http.flowcontrol.queues import Queue, Waiting
from pilothouse.cluster.apiserver.http.flowcontrol.rules import Schema, in_order, schema_of
from pilothouse.cluster.apiserver.http.respond import text_answer
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.wire.http.messages import Request, Response

WAIT_LIMIT_S = 15.0
"""How long a request may wait: a quarter of the longest time a request may take."""
MAX_KNOWN = 20_000
"""Kinds of requests whose flow is remembered."""
MAX_USERS = 2_000
"""Users that are recognised by identity: those of one connection or token after another."""
OBJECTS_PER_SEAT, MAX_LIST_SEATS = 100, 10
_UNLIMITED = frozenset(("attach", "exec", "log", "portforward", "proxy"))
"""Subresources whose answers may last as long as the client likes."""
_PREFIXES = tuple(f"/registry/{GROUP}/{plural}/" for plural in (SCHEMAS, LEVELS))


class Ticket(Protocol):
    """What a request that is being served holds."""

    headers: list[tuple[str, str]]
    """For its answer."""

    def leave(self) -> None:
        """Give back what it holds."""
        ...


class Refused(PilothouseError):
    """There is no seat for a request, and no place to wait for one."""

    reason = "TooManyRequests"
    http_code = 429
    grpc_code = 8
    retry = "after"

    def __init__(self, flow: Flow) -> None:
        """Name the flow."""
        super().__init__("Too many requests, please try again later.", retry_after_s=1.0)
        self.flow = flow

    def answer(self) -> Response:
        """Return the answer to the request."""
        response = text_answer(f"{self.message}\n", self.http_code)
        response.headers += [("retry-after", str(int(self.retry_after_s))), *self.flow.headers]
        return response


class Flow:
    """A FlowSchema with its level and its counters; also the ticket of a request that took one seat at once."""

    __slots__ = ("dispatched", "executing", "headers", "is_exempt", "level", "schema")

    def __init__(self, schema: Schema, level: Level) -> None:
        """Join both."""
        self.schema, self.level, self.is_exempt = schema, level, level.is_exempt
        self.dispatched = self.executing = 0
        self.headers = [
            ("x-kubernetes-pf-flowschema-uid", schema.uid), ("x-kubernetes-pf-prioritylevel-uid", level.uid),
        ]  # fmt: skip

    def leave(self) -> None:
        """Give the seat back."""
        self.executing -= 1
        if not self.is_exempt:
            self.level.leave(1)


class Wide:
    """The ticket of a request that took several seats, or waited for them."""

    __slots__ = ("began", "clock", "flow", "headers", "queue", "width")

    def __init__(self, flow: Flow, width: int, clock: Clock, queue: Queue | None = None) -> None:
        """Begin."""
        self.flow, self.width, self.clock, self.queue, self.headers = flow, width, clock, queue, flow.headers
        self.began = clock.monotonic()
        flow.dispatched += 1
        flow.executing += 1

    def leave(self) -> None:
        """Give the seats back."""
        self.flow.executing -= 1
        if self.queue is not None:
            self.queue.done(self.width, self.clock.monotonic() - self.began)
        self.flow.level.leave(self.width)


class Unlimited:
    """The ticket of a request that may last as long as its client likes, and takes no seat."""

    def __init__(self) -> None:
        """Name no flow."""
        self.headers: list[tuple[str, str]] = []

    def leave(self) -> None:
        """Nothing to give back."""


_NO_LIMIT = Unlimited()


class Fairness:
    """Admits requests."""

    def __init__(self, backend: Backend, metrics: MetricsRegistry) -> None:
        """Follow the configuration of `backend`."""
        self.backend = backend
        config = backend.config
        self.levels = Levels(config.max_requests_inflight + config.max_mutating_requests_inflight)
        self.flows: list[Flow] = []
        self.metrics = FlowMetrics(metrics, self)
        self._known: dict[tuple[Any, ...], Flow] = {}
        self._users: dict[int, tuple[User, Flow | None]] = {}
        self._equal_users: dict[User, Flow | None] = {}
        backend.cache.on_change.append(self._on_change)
        self.load()

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix in _PREFIXES:
            self.load()

    def load(self) -> None:
        """Read schemas and levels; what no cluster can be without is there even if nobody stored it."""
        schemas, levels = self._mandatory()
        schemas |= {item.name: item.object for item in self.backend.all_of(GROUP, SCHEMAS)}
        levels |= {item.name: item.object for item in self.backend.all_of(GROUP, LEVELS)}
        self.levels.configure(levels)
        before = {flow.schema.name: flow for flow in self.flows}
        found = in_order([schema_of(obj) for obj in schemas.values()])
        self.flows = []
        for schema in found:
            level = self.levels.by_name.get(schema.level)
            if level is None:
                continue
            flow = Flow(schema, level)
            if schema.name in before:
                flow.dispatched = before[schema.name].dispatched
            self.flows.append(flow)
        self._known.clear()
        self._users.clear()
        self._equal_users.clear()
        self.metrics.follow()

    @staticmethod
    def _mandatory() -> tuple[dict[str, Obj], dict[str, Obj]]:
        needed = [obj for obj in flow_control_objects() if obj["metadata"]["name"] in ("exempt", "catch-all")]
        schemas = {obj["metadata"]["name"]: obj for obj in needed if obj["kind"] == "FlowSchema"}
        return schemas, {obj["metadata"]["name"]: obj for obj in needed if obj["kind"] != "FlowSchema"}

    def flow_of(self, user: User, wanted: Attributes) -> Flow:
        """Return the flow of a request."""
        if wanted.is_resource:
            flow = self._flow_of_user(user)
            if flow is not None:
                return flow
        where = wanted.namespace if wanted.is_resource else wanted.path
        key = (user.name, user.groups, wanted.verb, wanted.group, wanted.resource, wanted.subresource, where, wanted.is_resource)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            found = next((flow for flow in self.flows if flow.schema.covers(user, wanted)), self.flows[-1])
            self._known[key] = found
        return found

    def _flow_of_user(self, user: User) -> Flow | None:
        """Return the flow of everything a user asks of resources, None when it depends on what is asked."""
        known = self._users.get(id(user))  # one comparison is cheaper than the hash of a user; the entry keeps the user alive
        if known is not None:
            return known[1]
        if user in self._equal_users:
            found = self._equal_users[user]
        else:
            if len(self._equal_users) >= MAX_KNOWN:
                self._equal_users.clear()
            found = self._equal_users[user] = self._looked_up(user)
        if len(self._users) >= MAX_USERS:
            self._users.clear()
        self._users[id(user)] = (user, found)
        return found

    def _looked_up(self, user: User) -> Flow | None:
        for flow in self.flows:
            is_all = flow.schema.concerns_all_of(user)
            if is_all is not None:
                return flow if is_all else None
        return None

    def width_of(self, wanted: Attributes, request: Request) -> int:
        """Return how many seats a request takes: a list one for every hundred objects it may have to look at."""
        if wanted.verb != "list" or wanted.name:
            return 1
        resource = self.backend.scheme.resource(wanted.group, wanted.version, wanted.resource)
        if resource is None:
            return 1
        count = len(self.backend.cached(resource).items)
        limit = next((value for key, value in request.query if key == "limit"), "")
        if limit.isdigit() and len(limit) < 10 and int(limit):
            count = min(count, int(limit))
        return min(max(1, -(-count // OBJECTS_PER_SEAT)), MAX_LIST_SEATS)

    def enter(self, request: Request, user: User, wanted: Attributes) -> Ticket | None:
        """Return a ticket to give back with `leave`, None when the request has to wait for it."""
        if wanted.subresource in _UNLIMITED:
            return _NO_LIMIT
        flow = self.flow_of(user, wanted)
        if not flow.is_exempt:
            width = 1 if wanted.verb != "list" else self.width_of(wanted, request)
            if not flow.level.enter(width):
                return None
            if width != 1:
                return Wide(flow, width, self.backend.clock)
        flow.dispatched += 1
        flow.executing += 1
        return flow

    async def wait(self, request: Request, user: User, wanted: Attributes) -> Ticket:
        """Return a ticket once it is the turn of a request that could not enter; raises `Refused` when it will not be."""
        flow = self.flow_of(user, wanted)
        width = self.width_of(wanted, request)
        queue = await self._wait(flow, user, wanted, width)
        return Wide(flow, width, self.backend.clock, queue)

    async def _wait(self, flow: Flow, user: User, wanted: Attributes, width: int) -> Queue | None:
        level = flow.level
        granted = asyncio.Event()
        arrived = self.backend.clock.monotonic()
        item = Waiting(flow.schema.name, flow.schema.distinguisher(user, wanted), width, arrived, granted.set)
        if not level.add(item):
            level.rejected += 1
            self.metrics.rejected(flow, "concurrency-limit" if level.queues is None else "queue-full")
            raise Refused(flow)
        is_executed = False
        try:
            async with asyncio.timeout(WAIT_LIMIT_S):
                await granted.wait()
            is_executed = True
        except TimeoutError:
            level.timed_out += 1
            self.metrics.rejected(flow, "time-out")
            raise Refused(flow) from None
        finally:
            self.metrics.waited(flow, self.backend.clock.monotonic() - arrived, is_executed=is_executed)
            if not is_executed:
                self._withdraw(level, item, is_granted=granted.is_set())
        return item.queue

    @staticmethod
    def _withdraw(level: Level, item: Waiting, *, is_granted: bool) -> None:
        """Take a request out of its queue, or give back the seats it got while it was given up."""
        if not is_granted:
            level.give_up(item)
            return
        if item.queue is not None:
            item.queue.done(item.width, 0.0)
        level.leave(item.width)

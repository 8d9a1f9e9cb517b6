"""The control plane of a test from the inside: the lifecycle of `pilothouse up`, a clock, and the parts around it.

Everything here runs on its own event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import orjson

from pilothouse.api.meta import Tree
from pilothouse.app.lifecycle import ControlPlane, Options
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import Invalid
from pilothouse.kit.faults import FaultPlan
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.kit.virtualtime import VirtualClock, VirtualLoop
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import SERVICE_ACCOUNT, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.testing.conditions import EXISTS, Condition
from pilothouse.testing.objects import Objects, definitions
from pilothouse.testing.settings import PROGRAMS, Settings, fault_plan, lifecycle_options
from pilothouse.wire import kubeconfig, tls
from pilothouse.wire.http.messages import InProcessTransport, Peer, Request, Response

T = TypeVar("T")
OBSERVER = Peer(common_name="pilothouse-test", organizations=("system:masters",))
"""The test itself: fault plans for programs do not strike it."""
OBSERVER_CONTEXT = "test"
"""The context of the kubeconfig that is the test itself; the current one is for what is tested."""
NO_NODES = "Pods stay Pending without nodes: nodes=1 gives the control plane one"
_WITH_PODS = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet"})
MAX_ADVANCE_S = 100 * 365 * 86_400.0
KEPT_REFUSALS = 100
DRAIN_S = 0.2
"""How long requests under way may take at the end: nobody waits for their answers any more."""
logger = logging.getLogger("pilothouse.requests")


class ObservedLifecycle(ControlPlane):
    """The lifecycle, which notes what programs under test ask for, and tells a virtual clock about it."""

    def __init__(self, options: Options, **parts: Any) -> None:
        """Prepare; `refused` has the newest requests of programs that were answered by an error."""
        super().__init__(options, **parts)
        self.refused: deque[str] = deque(maxlen=KEPT_REFUSALS)

    async def start_api(self) -> None:
        """Start, and write a kubeconfig that has a context for the test itself."""
        await super().start_api()
        assert self.authority is not None
        pair = tls.issue(self.authority, OBSERVER.common_name, self.wall.now(), organizations=OBSERVER.organizations)
        mine = kubeconfig.build(OBSERVER_CONTEXT, self.url, self.authority.certificate_pem, pair.certificate_pem, pair.key_pem)
        document = orjson.loads(self.kubeconfig_path.read_bytes())
        document = {key: [*document[key], *mine[key]] if isinstance(mine[key], list) else document[key] for key in mine}
        kubeconfig.write(self.kubeconfig_path, document)

    async def answer(self, request: Request) -> Response:
        """Answer a request; after a write controllers may come to an end with what it causes."""
        response = await super().answer(request)
        if isinstance(self.clock, VirtualClock) and request.method not in ("GET", "HEAD"):
            self.clock.stimulus()
        if request.peer.common_name != OBSERVER.common_name and (response.status >= 400 or logger.isEnabledFor(logging.INFO)):
            self._note(request, response)
        return response

    def _note(self, request: Request, response: Response) -> None:
        line = f"{request.method} {request.target()}: {response.status}{_why(response)}"
        if response.status >= 400:
            self.refused.append(line)
        logger.info("%s", line, extra={"fields": {"agent": request.header("user-agent")}})


def _why(response: Response) -> str:
    """Return what the error of an answer says."""
    if response.status < 400 or not isinstance(response.body, bytes):
        return ""
    try:
        status = orjson.loads(response.body)
        return f" {status['reason']}: {status['message']}"
    except (ValueError, KeyError, TypeError):
        return ""


class Plane:
    """The parts of one environment."""

    def __init__(self, settings: Settings, data_dir: Path) -> None:
        """Prepare for `new_loop` and `start`."""
        self.settings = settings
        self.clock = VirtualClock() if settings.virtual_time else SystemClock()
        self.seed = 1 if settings.seed is None and settings.virtual_time else settings.seed
        options = lifecycle_options(settings, data_dir)
        self.lifecycle = ObservedLifecycle(options, clock=self.clock, entropy=Entropy(self.seed), wall=SystemClock())
        if isinstance(self.clock, VirtualClock):
            self.clock.is_held = lambda: self.has_programs
        self.objects: Objects
        self._operators: list[Manager] = []

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop everything is to run on."""
        if isinstance(self.clock, VirtualClock):
            return VirtualLoop(self.clock)
        import uvloop

        return uvloop.new_event_loop()

    async def start(self) -> None:
        """Start all parts; returns when they are ready and everything to be installed is."""
        settings = self.settings
        crds = definitions(settings.crds)
        plan = None if settings.faults is None else fault_plan(settings.faults, settings.faults_client, self.seed)
        with self._riding():
            await self.lifecycle.start_api()
            await self.lifecycle.start_capabilities()
            has_accounts = any("workloads" in name for name in self.lifecycle.options.capabilities)
            client = Client(InProcessTransport(self.answer, OBSERVER, "pilothouse-test"), field_manager="pilothouse-test")
            self.objects = Objects(client, self.clock, has_accounts=has_accounts, timeout_s=settings.timeout_s, hint=self._hint)
            if has_accounts:
                await self.objects.wait_for(SERVICE_ACCOUNT, "default", EXISTS, "default", None)
            if crds:
                await self.objects.apply(crds, "default")
            for manifests in settings.apply:
                await self.objects.apply(manifests, "default")
        if isinstance(self.clock, VirtualClock):
            self.clock.stimulus()
            await self.clock.quiet()
        self.lifecycle.faults.load(plan)

    async def stop(self) -> None:
        """Stop all parts."""
        for operator in reversed(self._operators):
            await operator.stop()
        await self.lifecycle.stop(DRAIN_S)

    async def answer(self, request: Request) -> Response:
        """Answer a request in process."""
        return await self.lifecycle.answer(request)

    async def entered(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a call from outside: with virtual time once everything is at rest, so that it always meets the same state."""
        if isinstance(self.clock, VirtualClock):
            try:
                await self.clock.quiet()
            except BaseException:
                coroutine.close()
                raise
        return await coroutine

    async def entering(self, request: Request) -> Response:
        """Answer a request that comes from another thread."""
        return await self.entered(self.lifecycle.answer(request))

    @property
    def has_programs(self) -> bool:
        """Whether anybody but the test itself is connected over the network."""
        return any(peer.common_name != OBSERVER.common_name for peer in self.lifecycle.connected())

    def _hint(self, kind: str) -> str:
        """Return why an object of a kind may never be as wanted."""
        if self.settings.virtual_time == "manual":
            return "time passes by advance(seconds) only"
        if isinstance(self.clock, VirtualClock) and self.has_programs:
            return "a program over the network is connected, so time passes by advance(seconds) only"
        return NO_NODES if kind in _WITH_PODS and not self.settings.nodes else ""

    def _riding(self) -> contextlib.AbstractContextManager[None]:
        return self.clock.riding() if isinstance(self.clock, VirtualClock) else contextlib.nullcontext()

    async def wait_for(self, kind: str | Kind, name: str, condition: Condition, namespace: str, timeout_s: float | None) -> Tree:
        """Wait as `Objects.wait_for` does; time passes meanwhile unless it is moved by hand."""
        with contextlib.nullcontext() if self.settings.virtual_time == "manual" else self._riding():
            return await self.objects.wait_for(kind, name, condition, namespace, timeout_s)

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass; raises `Invalid` where time is real or cannot go."""
        if not isinstance(self.clock, VirtualClock):
            raise Invalid("time is real here", fix="virtual_time=True lets tests move it")
        if not 0 <= seconds <= MAX_ADVANCE_S:
            raise Invalid(f"time cannot advance by {seconds} s", fix="a number of seconds from 0 to a hundred years")
        await self.clock.advance(seconds)

    def inject(self, faults: Any, client: str) -> None:
        """Put a fault plan in force, or none."""
        plan: FaultPlan | None = None if faults is None else fault_plan(faults, client, self.seed)
        self.lifecycle.faults.load(plan)

    async def run_operator(self, setup: Callable[[Manager], object]) -> Manager:
        """Start a manager with the controllers that `setup` adds."""
        peer = Peer(common_name=PROGRAMS, organizations=("system:masters",))
        client = Client(InProcessTransport(self.answer, peer, "operator"), field_manager="operator")
        manager = Manager(client, clock=self.clock, entropy=self.lifecycle.entropy, metrics=MetricsRegistry())
        self._operators.append(manager)
        with self._riding():
            result = setup(manager)
            if inspect.isawaitable(result):
                await result
            await manager.start()
        return manager

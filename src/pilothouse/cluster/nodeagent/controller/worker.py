"""One Pod's worker: after every event it asks for a plan, carries it out, saves and publishes.

Everything that happens to the Pod comes through `update` (the API changed it), `ended` (a run is over) and `poke` (a probe or a
source changed); between events it sleeps until the time the plan names. Stopping a container takes long and runs beside the
loop; so do hooks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pilothouse.api.oci import Execution
from pilothouse.cluster.nodeagent.controller.actions import PodActions
from pilothouse.cluster.nodeagent.controller.host import Host
from pilothouse.cluster.nodeagent.controller.probing import Prober
from pilothouse.cluster.nodeagent.controller.publish import StatusWriter
from pilothouse.cluster.nodeagent.engine.launch import stop_signal_of
from pilothouse.cluster.nodeagent.engine.plan import (
    init_containers,
    is_complete,
    is_past_deadline,
    note_exit,
    plan_pod,
    regular_containers,
)
from pilothouse.cluster.nodeagent.runs import Ended
from pilothouse.cluster.nodeagent.types import (
    Action,
    ContainerState,
    CreateSandbox,
    DeletePod,
    Exit,
    Json,
    LeaveServices,
    PodState,
    RemoveSandbox,
    StartContainer,
    StopContainer,
)
from pilothouse.kit.aio import TaskScope, offload
from pilothouse.kit.errors import Conflict, NotFound, PilothouseError
from pilothouse.sdk.kinds import POD

PUBLISH_RETRY_S = 1.0
STEP_RETRY_S = 5.0
MINIMUM_GRACE_S = 2.0
logger = logging.getLogger("pilothouse.nodeagent")


class PodWorker:
    """The life of one Pod on this node."""

    def __init__(self, host: Host, pod: Json, state: PodState, on_gone: Callable[[str], None]) -> None:
        """Work for `pod` from `state`; `on_gone` is told the uid when everything is over."""
        self.host, self.pod, self.state = host, pod, state
        self._on_gone = on_gone
        self._actions = PodActions(host, state)
        self._tasks = TaskScope(f"pod-{state.namespace}/{state.name}")
        self._prober = Prober(host, state, self._tasks, self.poke)
        self._writer = StatusWriter(host.client, host.node_ip)
        self._wake = asyncio.Event()
        self._is_gone = False
        self._crash_loops: dict[str, int] = {}
        self._stops: dict[str, float] = {}

    def start(self) -> None:
        """Begin."""
        self._tasks.spawn(self._run(), "run")

    async def stop(self) -> None:
        """Let go of the Pod without ending it."""
        await self._tasks.close()

    def poke(self) -> None:
        """Look again."""
        self._wake.set()

    def update(self, pod: Json) -> None:
        """The API has a new version of the Pod."""
        old = self.pod["metadata"]
        self.pod = pod
        new = pod["metadata"]
        if old.get("labels") != new.get("labels") or old.get("annotations") != new.get("annotations"):
            self.refresh()
        self.poke()

    def vanish(self) -> None:
        """The Pod was removed from the API without waiting for us: end it now."""
        metadata = {**self.pod["metadata"], "deletionGracePeriodSeconds": 0}
        metadata.setdefault("deletionTimestamp", "1970-01-01T00:00:00Z")
        self.pod = {**self.pod, "metadata": metadata}
        self.poke()

    def refresh(self) -> None:
        """A source of the Pod's volumes or environment changed."""
        self.state.retry_at = 0.0
        for known in self.state.containers.values():
            if known.waiting_reason.startswith("Create"):
                known.retry_at = 0.0
        if not self._is_gone:
            self._tasks.spawn(self._actions.refresh_volumes(self.pod), "refresh")
        self.poke()

    def ended(self, end: Ended) -> bool:
        """A run ended; returns False when it is none of this Pod's."""
        for known in self.state.containers.values():
            if known.id == end.id and known.is_running:
                words = self._actions.last_words(self.spec(known.name), known.attempt, end.exit_code)
                started_at = end.started_at or known.started_at
                note_exit(known, Exit(end.exit_code, end.reason, started_at, end.finished_at, end.id, end.signal, words))
                self._stops.pop(known.name, None)
                self.poke()
                return True
        return False

    def _containers(self) -> list[Json]:
        return [*init_containers(self.pod), *regular_containers(self.pod), *(self.pod["spec"].get("ephemeralContainers") or [])]

    def spec(self, name: str) -> Json:
        """Return what the Pod says about a container."""
        return next((c for c in self._containers() if c["name"] == name), {"name": name})

    async def _run(self) -> None:
        while not self._is_gone:
            try:
                await self._step()
            except Exception:  # a bug met by one step must not end the Pod's worker
                logger.exception("pod %s/%s: a step failed and is tried again", self.state.namespace, self.state.name)
                await self.host.clock.sleep(STEP_RETRY_S)
        self._on_gone(self.state.uid)

    async def _step(self) -> None:
        """Plan once, act, keep; without anything to do, wait for the next event."""
        self._wake.clear()
        now = self.host.clock.now()
        self._note_time(now)
        plan = plan_pod(self.pod, self.state, now)
        for action in plan.actions:
            await self._act(action)
        self._prober.update(self.pod, self._containers())
        retry_at = await self._keep()
        if not self._is_gone and not plan.actions:
            self._shorten_stops()
            await self._sleep([plan.wake_at, retry_at])

    async def _sleep(self, moments: list[float | None]) -> None:
        known = [moment for moment in moments if moment is not None]
        if not known:
            await self._wake.wait()
            return
        timer = self._tasks.spawn(self._alarm(min(known) - self.host.clock.now()), "alarm")
        await self._wake.wait()
        timer.cancel()

    async def _alarm(self, delay_s: float) -> None:
        await self.host.clock.sleep(max(0.0, delay_s))
        self._wake.set()

    def _note_time(self, now: float) -> None:
        if self.pod["metadata"].get("deletionTimestamp") and not self.state.terminating_since:
            self.state.terminating_since = now
        if not is_complete(self.pod, self.state) and is_past_deadline(self.pod, self.state, now):
            self.state.deadline_exceeded = True
            self.host.recorder.warning(
                self.pod, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"
            )

    async def _keep(self) -> float | None:
        """Save and publish; returns when to try again if the API is away."""
        if self._is_gone:
            return None
        await offload(self.host.memory.save, self.pod, self.state)
        try:
            stored = await self._writer.write(self.pod, self.state, self.host.clock.now())
        except PilothouseError as error:
            logger.warning("status of pod %s/%s not written: %s", self.state.namespace, self.state.name, error)
            return self.host.clock.now() + PUBLISH_RETRY_S
        if stored is not None:
            self.host.services.poke()
            self._tell_of_crash_loops(stored)
        return None

    def _tell_of_crash_loops(self, stored: Json) -> None:
        """Record once per run that a container waits before it is started again."""
        metadata, status = stored["metadata"], stored.get("status") or {}
        for found in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            name, run = str(found["name"]), int(found.get("restartCount", 0))
            waiting = (found.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") == "CrashLoopBackOff" and self._crash_loops.get(name) != run:
                self._crash_loops[name] = run
                owner = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
                self.host.recorder.warning(self.pod, "BackOff", f"Back-off restarting failed container {name} in pod {owner}")

    async def _act(self, action: Action) -> None:
        state = self.state
        match action:
            case CreateSandbox():
                await self._actions.create_sandbox(self.pod)
            case StartContainer(name, attempt):
                container = self.spec(name)
                if await self._actions.start_container(self.pod, container, attempt):
                    self._after_start(container)
            case StopContainer(name, grace_s, reason, message):
                self._begin_stop(name, grace_s, reason, message)
            case LeaveServices():
                await self._keep()
                await self.host.services.leave(state.uid)
                state.is_out_of_service = True
            case RemoveSandbox():
                await self.host.runtime.remove_sandbox(state.uid)
                state.has_sandbox, state.is_finished = False, True
            case DeletePod():
                await self._delete()

    def _after_start(self, container: Json) -> None:
        end = self.host.early.pop(self.state.containers[container["name"]].id, None)
        if end is not None:
            self.ended(end)
            return
        hook = (container.get("lifecycle") or {}).get("postStart")
        if hook is not None:
            self._tasks.spawn(self._post_start(container, hook, self.state.containers[container["name"]].id), "postStart")

    async def _post_start(self, container: Json, hook: Json, run_id: str) -> None:
        known = self.state.containers[container["name"]]
        probe = {**hook, "timeoutSeconds": 600}
        outcome = await self.host.runtime.probe("postStart", probe, self._prober.target(self.pod, container, known))
        known = self.state.containers[container["name"]]
        if known.id != run_id or not known.is_running:
            return
        known.is_post_start_done = True
        if not outcome.is_success:
            self.host.recorder.warning(self.pod, "FailedPostStartHook", f"PostStartHook failed: {outcome.message}")
            self._begin_stop(known.name, 30.0, "FailedPostStartHook", "")
        self.poke()

    def _begin_stop(self, name: str, grace_s: float, reason: str, message: str) -> None:
        known = self.state.containers.get(name)
        if known is None or not known.is_running:
            return
        known.stop_reason = reason
        self._stops[name] = self.host.clock.now() + grace_s
        self.host.recorder.normal(self.pod, "Killing", message or f"Stopping container {name}")
        self._tasks.spawn(self._stop_container(self.spec(name), known, known.id, grace_s), "stop")

    def _shorten_stops(self) -> None:
        """A deletion with a shorter grace period overtakes a stop under way."""
        grace = self.pod["metadata"].get("deletionGracePeriodSeconds")
        if grace is None or not self.state.terminating_since:
            return
        deadline = max(self.state.terminating_since + float(grace), self.host.clock.now())
        for name, until in list(self._stops.items()):
            known = self.state.containers.get(name)
            if known is not None and known.is_running and deadline < until - 1.0:
                self._stops[name] = deadline
                left_s = deadline - self.host.clock.now()
                self._tasks.spawn(self.host.runtime.stop_container(known.id, 15, left_s), "stop")

    async def _stop_container(self, container: Json, known: ContainerState, run_id: str, grace_s: float) -> None:
        started = self.host.clock.monotonic()
        hook = (container.get("lifecycle") or {}).get("preStop")
        if hook is not None and grace_s > 0:
            probe = {**hook, "timeoutSeconds": grace_s}
            outcome = await self.host.runtime.probe("preStop", probe, self._prober.target(self.pod, container, known))
            if not outcome.is_success:
                self.host.recorder.warning(self.pod, "FailedPreStopHook", f"PreStopHook failed: {outcome.message}")
        if known.id != run_id or not known.is_running:
            return
        left_s = grace_s - (self.host.clock.monotonic() - started)
        left_s = max(left_s, MINIMUM_GRACE_S) if hook is not None and grace_s > 0 else max(left_s, 0.0)
        number = 9 if grace_s == 0 else stop_signal_of(container, Execution())
        await self.host.runtime.stop_container(run_id, number, left_s)

    async def _delete(self) -> None:
        """Everything stopped: publish the end, remove the folders and the object."""
        state = self.state
        await self._keep()
        for known in state.containers.values():
            if known.id:
                await self.host.runtime.forget(known.id)
        await offload(self.host.memory.forget, state.uid)
        try:
            await self.host.client.delete(POD, state.name, state.namespace, grace_s=0, uid=state.uid)
        except (NotFound, Conflict):
            pass
        except PilothouseError as error:
            logger.warning("pod %s/%s not removed from the API: %s", state.namespace, state.name, error)
            await self.host.clock.sleep(PUBLISH_RETRY_S)
            return
        self.host.sources.forget(state.uid)
        self.host.services.forget(state.uid)
        self._is_gone = True

"""Running the probes of one Pod: one task per probe of a running container.

Which probes run is decided by the engine after every event; this module only starts and ends their loops, reports outcomes to
the state, and wakes the worker when a verdict changed. A verdict kept from before a restart of the agent stays until the
probe says otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pilothouse.cluster.nodeagent.controller.host import Host
from pilothouse.cluster.nodeagent.engine import probes
from pilothouse.cluster.nodeagent.engine.launch import named_ports
from pilothouse.cluster.nodeagent.runs import Probed, ProbeTarget
from pilothouse.cluster.nodeagent.types import ContainerState, Json, PodState, ProbeKind, ProbeState
from pilothouse.kit.aio import TaskScope

Key = tuple[str, str, ProbeKind]
"""Container name, run id, kind."""


class Prober:
    """The probe loops of one Pod."""

    def __init__(self, host: Host, state: PodState, tasks: TaskScope, poke: Callable[[], None]) -> None:
        """Probe for the Pod of `state`; `poke` is called when a verdict changed."""
        self._host, self._state, self._tasks, self._poke = host, state, tasks, poke
        self._loops: dict[Key, asyncio.Task[None]] = {}

    def update(self, pod: Json, containers: list[Json]) -> None:
        """Start the loops that should run now and end the others."""
        wanted: dict[Key, Json] = {}
        for container in containers:
            known = self._state.containers.get(container["name"])
            if known is not None:
                for kind in probes.active_kinds(container, known):
                    wanted[container["name"], known.id, kind] = container
        for key in [key for key in self._loops if key not in wanted]:
            self._loops.pop(key).cancel()
        for key, container in wanted.items():
            if key not in self._loops:
                self._loops[key] = self._tasks.spawn(self._loop(pod, container, key), f"probe-{key[2]}")

    def target(self, pod: Json, container: Json, known: ContainerState) -> ProbeTarget:
        """Return what probes and hooks of a run are aimed at."""
        is_host = bool(pod["spec"].get("hostNetwork")) or not self._host.runtime.facts.has_network
        address = "127.0.0.1" if pod["spec"].get("hostNetwork") else self._state.address
        return ProbeTarget(known.id, address, named_ports(container), {}, is_host)

    async def _loop(self, pod: Json, container: Json, key: Key) -> None:
        name, run_id, kind = key
        probe = probes.probe_of(container, kind)
        known = self._state.containers[name]
        if probe is None:
            return
        if known.probes.get(kind) is None:
            await self._host.clock.sleep(max(0.0, probes.first_at(probe, known.started_at) - self._host.clock.now()))
        while True:
            outcome = await self._host.runtime.probe(kind, probe, self.target(pod, container, known))
            known = self._state.containers[name]
            if known.id != run_id or not known.is_running:
                return
            if self._note(pod, known, kind, probe, outcome):
                return
            await self._host.clock.sleep(probes.period_s(probe))

    def _note(self, pod: Json, known: ContainerState, kind: ProbeKind, probe: Json, outcome: Probed) -> bool:
        """Report one outcome; True when the loop is over."""
        before = known.probes.get(kind, ProbeState())
        after = probes.observe(probe, before, outcome.is_success, outcome.message)
        known.probes = {**known.probes, kind: after}
        if not outcome.is_success:
            message = f"{kind.capitalize()} probe failed: {outcome.message}"
            self._host.recorder.warning(pod, "Unhealthy", message)
        if after.result != before.result:
            self._poke()
        return kind != "readiness" and (after.result is False or (kind == "startup" and after.result is True))

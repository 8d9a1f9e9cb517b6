"""The node agent: one worker per Pod of this node, and everything they share.

At start it finds its supervisor and proxy again, reads what it remembered of each Pod, asks the runtime which runs are still
alive, and only then listens to the API: Pods that are gone are ended, known ones go on where they were, new ones begin.
"""

from __future__ import annotations

import logging
import os

from pilothouse.cluster.nodeagent.adapters.images import ImageStore
from pilothouse.cluster.nodeagent.adapters.memory import Memory, Remembered
from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.cluster.nodeagent.controller.endpoints import NodeEndpoints
from pilothouse.cluster.nodeagent.controller.gate import NodeGate
from pilothouse.cluster.nodeagent.controller.host import Host
from pilothouse.cluster.nodeagent.controller.logs import NodeLogs
from pilothouse.cluster.nodeagent.controller.node import NodeRegistration, machine_address
from pilothouse.cluster.nodeagent.controller.services import ServiceSync, service_address
from pilothouse.cluster.nodeagent.controller.sources import ObjectSources
from pilothouse.cluster.nodeagent.controller.worker import PodWorker
from pilothouse.cluster.nodeagent.engine.plan import note_exit
from pilothouse.cluster.nodeagent.engine.services import first_pod_address, free_pod_address, shared_address
from pilothouse.cluster.nodeagent.engine.volumes import references_of, tokens_of
from pilothouse.cluster.nodeagent.errors import SandboxFailed
from pilothouse.cluster.nodeagent.runs import Ended
from pilothouse.cluster.nodeagent.runtime import Runtime
from pilothouse.cluster.nodeagent.runtime.fake import FakeRuntime
from pilothouse.cluster.nodeagent.runtime.process import ProcessRuntime
from pilothouse.cluster.nodeagent.types import Exit, Json, PodState
from pilothouse.kit.aio import TaskScope, offload
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import CONFIG_MAP, ENDPOINT_SLICE, POD, SECRET, SERVICE
from pilothouse.sdk.manager import Manager

COMPONENT = "nodeagent"
TOKEN_CHECK_S = 60.0
REMEMBERED_ENDS = 1000
logger = logging.getLogger("pilothouse.nodeagent")


class NodeAgent:
    """Runs the Pods bound to one node. Start it after the API server serves, stop it before."""

    def __init__(self, manager: Manager, config: NodeAgentConfig, runtime: Runtime | None = None) -> None:
        """Work through `manager`; `runtime` replaces the configured one in tests."""
        self._manager, self._config, self._clock = manager, config, manager.clock
        self.data_dir = os.path.realpath(config.data_dir)
        self.runtime: Runtime = runtime or self._make_runtime()
        self._tasks = TaskScope("nodeagent")
        self.workers: dict[str, PodWorker] = {}
        self._pods = manager.informer(POD, fields=f"spec.nodeName={config.node_name}")
        services, slices = manager.informer(SERVICE), manager.informer(ENDPOINT_SLICE)
        controllers, node_ip = manager.client.named(COMPONENT), machine_address()
        client = controllers.acting_as(f"system:node:{config.node_name}", "system:nodes")
        config_maps, secrets = manager.informer(CONFIG_MAP), manager.informer(SECRET)
        images = ImageStore(os.path.join(self.data_dir, "images"), os.path.join(self.data_dir, "layers"))
        self._node = NodeRegistration(client, controllers, self._clock, config, self.data_dir, node_ip)
        self.host = Host(
            config,
            self.data_dir,
            node_ip,
            client,
            self._clock,
            manager.entropy,
            manager.recorder(COMPONENT),
            self.runtime,
            images,
            Memory(self.data_dir),
            ObjectSources(client, self._clock, config_maps, secrets, services),
            ServiceSync(services, slices, self._pods, self._clock, (config.api_host, config.api_port)),
            {},
            self._allocate,
            lambda: [(worker.pod, worker.state) for worker in self.workers.values()],
        )
        self._last_address = config.first_pod_address or first_pod_address(self.data_dir)
        logs = NodeLogs(self.data_dir, self._clock, self._find)
        self.node_proxy = NodeGate(logs, NodeEndpoints(config, logs, self.workers.values), self.runtime, self._find)
        """What the API server asks for logs, commands and ports of Pods on this node."""
        self.service_address = service_address if config.has_service_proxy and config.runtime == "process" else None
        """Where the API server reaches Services, whose addresses exist for Pods only."""

    def _find(self, namespace: str, name: str) -> PodWorker | None:
        for worker in self.workers.values():
            if (worker.state.namespace, worker.state.name) == (namespace, name):
                return worker
        return None

    def _make_runtime(self) -> Runtime:
        if self._config.runtime == "fake":
            given = self._config
            return FakeRuntime(
                self._clock, start_delay_s=given.fake_start_delay_s, run_for_s=given.fake_run_for_s,
                job_run_for_s=given.fake_job_run_for_s,
            )  # fmt: skip
        return ProcessRuntime(self.data_dir, self._clock)

    async def start(self) -> None:
        """Register the node, recover what runs, then follow the API; returns when Pods are being served."""
        await offload(os.makedirs, self.data_dir, 0o700, True)
        await self.runtime.start(self._run_ended, self._sandboxes_lost)
        facts = self.runtime.facts
        if facts.mode == "none" and self._config.runtime == "process":
            logger.warning("Pods share the machine's network and files: %s", facts.why)
        await self.host.sources.start()
        self.host.sources.node = await self._node.start(facts, await offload(self.host.images.names))
        if self._config.has_service_proxy and self._config.runtime == "process":
            await self.host.services.start(self.data_dir, facts.mode, facts.has_network)
        await self._pods.start()
        await self._recover()
        self._pods.add_handler(self._pod_changed)
        self.host.sources.config_maps.add_handler(lambda change: self._source_changed(change, is_secret=False))
        self.host.sources.secrets.add_handler(lambda change: self._source_changed(change, is_secret=True))
        self._tasks.spawn(self._renew_tokens(), "tokens")

    async def stop(self) -> None:
        """Let go of everything; Pods go on running."""
        await self._tasks.close()
        for worker in list(self.workers.values()):
            await worker.stop()
        await self._node.stop()
        await self.host.services.stop()
        await self.runtime.stop()

    def _allocate(self) -> str:
        used = {worker.state.address for worker in self.workers.values()}
        if not self.runtime.facts.has_network:
            used = {shared_address(address, is_inside=False) for address in used}
        address = free_pod_address(used, self._last_address)
        if address is None:
            raise SandboxFailed("no Pod address is left in 10.244.0.0/16")
        self._last_address = address
        return address if self.runtime.facts.has_network else shared_address(address)

    async def _recover(self) -> None:
        """Bring remembered Pods, living runs and the API's Pods together."""
        remembered = await offload(self.host.memory.load)
        known = await self.runtime.known()
        if self.runtime.facts.name == "fake":
            known |= {c.id: None for one in remembered for c in one.state.containers.values() if c.is_running}
        wanted = {str(pod["metadata"]["uid"]): pod for pod in self._pods.cache.list()}
        owned: set[str] = set()
        for one in remembered:
            self._catch_up(one.state, known)
            owned |= {container.id for container in one.state.containers.values() if container.is_running}
            await self._adopt(one, wanted.get(one.state.uid))
        for name, end in known.items():
            if name not in owned:
                await (self.runtime.stop_container(name, 9, 0) if end is None else self.runtime.forget(name))
        for uid in set(await offload(self.host.memory.folders)) - set(self.workers):
            await offload(self.host.memory.forget, uid)

    def _catch_up(self, state: PodState, known: dict[str, Ended | None]) -> None:
        """Apply to a remembered state what happened while the agent was away."""
        has_lost = False
        for container in state.containers.values():
            container.stop_reason = ""
            container.is_post_start_done = True
            if not container.is_running:
                continue
            end = known.get(container.id)
            if container.id in known and end is None:
                continue
            if end is None:
                has_lost = True
                end = Ended(container.id, 137, "ContainerStatusUnknown", container.started_at, self._clock.now(), 9)
            note_exit(container, Exit(end.exit_code, end.reason, container.started_at, end.finished_at, end.id, end.signal))
        if has_lost and not any(container.is_running for container in state.containers.values()):
            state.has_sandbox = False

    async def _adopt(self, one: Remembered, pod: Json | None) -> None:
        worker = PodWorker(self.host, pod or one.pod, one.state, self._gone)
        self.workers[one.state.uid] = worker
        if one.state.has_sandbox and not one.pod["spec"].get("hostNetwork"):
            await self.runtime.create_sandbox(one.state.uid, one.state.address)
        if pod is None:
            worker.vanish()
        worker.start()

    def _pod_changed(self, change: Change) -> None:
        pod = change.tree
        uid = str(pod["metadata"]["uid"])
        worker = self.workers.get(uid)
        if change.type == "deleted":
            if worker is not None:
                worker.vanish()
            return
        if worker is not None:
            worker.update(pod)
            return
        if (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"} and not pod["metadata"].get("deletionTimestamp"):
            return
        metadata = pod["metadata"]
        state = PodState(uid, str(metadata["namespace"]), str(metadata["name"]))
        worker = self.workers[uid] = PodWorker(self.host, pod, state, self._gone)
        worker.start()

    def _gone(self, uid: str) -> None:
        worker = self.workers.pop(uid, None)
        if worker is not None:
            self._tasks.spawn(worker.stop(), "worker-stop")

    def _run_ended(self, end: Ended) -> None:
        for worker in self.workers.values():
            if worker.ended(end):
                return
        early = self.host.early
        early[end.id] = end
        while len(early) > REMEMBERED_ENDS:
            del early[next(iter(early))]

    def _sandboxes_lost(self) -> None:
        """The supervisor died and took programs and networks along: Pods get new ones, at their old addresses."""
        for worker in self.workers.values():
            worker.state.has_sandbox = False
            worker.poke()
        self._tasks.spawn(self.host.services.restart(), "proxy-restart")

    def _source_changed(self, change: Change, is_secret: bool) -> None:
        for worker in self.workers.values():
            if worker.state.namespace == change.key.namespace and _refers(worker.pod, change.key.name, is_secret):
                worker.refresh()

    async def _renew_tokens(self) -> None:
        while True:
            await self._clock.sleep(TOKEN_CHECK_S)
            for worker in list(self.workers.values()):
                if tokens_of(worker.pod):
                    worker.refresh()


def _refers(pod: Json, name: str, is_secret: bool) -> bool:
    """Tell whether a Pod uses a ConfigMap or Secret in a volume or in its environment."""
    if name in references_of(pod)[1 if is_secret else 0]:
        return True
    kinds = ("secretRef", "secretKeyRef") if is_secret else ("configMapRef", "configMapKeyRef")
    for container in [*(pod["spec"].get("containers") or []), *(pod["spec"].get("initContainers") or [])]:
        entries = [*(container.get("envFrom") or []), *((e.get("valueFrom") or {}) for e in container.get("env") or [])]
        if any((entry.get(kind) or {}).get("name") == name for entry in entries for kind in kinds):
            return True
    return False

"""An API server in process with a node agent on it, for tests of whole Pods."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.cluster.nodeagent.controller.agent import NodeAgent
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import EVENT, POD, SERVICE_ACCOUNT
from pilothouse.sdk.manager import Manager
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import InProcessTransport, Peer
from tests.unit.cluster.nodeagent.support import no_leftovers

ADMIN = Peer(common_name="admin", organizations=("system:masters",))
Tree = dict[str, Any]


class TestCluster:
    """The API and the agent of one data directory."""

    __test__ = False

    def __init__(self, folder: Path, server: ApiServer, config: Tree) -> None:
        self.folder, self.server = folder, server
        self.client = Client(InProcessTransport(server.handle, ADMIN))
        self.config = NodeAgentConfig(data_dir=str(folder), **config)

    async def start_agent(self) -> None:
        self.manager = Manager(self.client, clock=SystemClock(), entropy=Entropy(), metrics=MetricsRegistry())
        self.agent = NodeAgent(self.manager, self.config)
        self.manager.add(self.agent)
        await self.manager.start()

    async def stop_agent(self) -> None:
        await self.manager.stop()

    async def create_pod(self, name: str, *containers: Tree, **spec: Any) -> Tree:
        metadata = {"name": name, "namespace": "default", **spec.pop("metadata", {})}
        full = {"nodeName": "pilothouse", "automountServiceAccountToken": False, "containers": list(containers), **spec}
        return await self.client.create(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": full})

    async def pod(self, name: str) -> Tree:
        return await self.client.get(POD, name, "default")

    async def wait(self, name: str, holds: Callable[[Tree], bool], timeout_s: float = 25) -> Tree:
        """Follow the Pod's changes until `holds`; fails with the last state seen."""
        seen: Tree = {}
        informer = self.manager.informer(POD)
        await informer.start()
        changed = asyncio.Event()
        informer.add_handler(lambda _change: changed.set())
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    changed.clear()
                    seen = informer.cache.get(name, "default") or {}
                    if seen and holds(seen):
                        return seen
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(f"pod {name} did not get there: {seen.get('status')} {await self.events(name)}") from None

    async def gone(self, name: str, timeout_s: float = 25) -> None:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    await self.pod(name)
                except NotFound:
                    return
                await asyncio.sleep(0.02)

    async def events(self, name: str) -> list[str]:
        events = await self.client.list(EVENT, "default")
        return [f"{e['reason']}: {e['message']}" for e in events if e["involvedObject"]["name"] == name]

    async def log(self, name: str, container: str = "", **options: str) -> str:
        chunks = [chunk async for chunk in await self.agent.node_proxy.logs("default", name, container, options)]
        return b"".join(chunks).decode()


def container(name: str, *command: str, **more: Any) -> Tree:
    return {"name": name, "image": "host", "command": list(command), **more}


def shell(name: str, script: str, **more: Any) -> Tree:
    return container(name, "sh", "-c", script, **more)


def state_of(pod: Tree, index: int = 0, field: str = "containerStatuses") -> Tree:
    statuses = (pod.get("status") or {}).get(field) or []
    return statuses[index] if len(statuses) > index else {"state": {}, "lastState": {}, "restartCount": 0, "ready": False}


def is_ready(pod: Tree) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def condition(pod: Tree, kind: str) -> Tree:
    return next((c for c in (pod.get("status") or {}).get("conditions") or [] if c["type"] == kind), {})


def phase(*wanted: str) -> Callable[[Tree], bool]:
    return lambda pod: (pod.get("status") or {}).get("phase") in wanted


@asynccontextmanager
async def cluster(folder: Path, mode: str = "auto", **config: Any) -> AsyncIterator[TestCluster]:
    """A running API server and agent; nothing is left of them afterwards."""
    old = os.environ.get("PILOTHOUSE_SANDBOX")
    os.environ["PILOTHOUSE_SANDBOX"] = mode
    clock = SystemClock()
    server = ApiServer(MemoryStore(clock), config=Config(service_range="10.96.0.0/16"))
    await server.start()
    made = TestCluster(folder, server, config)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}
    with contextlib.suppress(AlreadyExists):
        await made.client.create(SERVICE_ACCOUNT, account)
    try:
        with no_leftovers(folder):
            await made.start_agent()
            try:
                yield made
            finally:
                await made.stop_agent()
    finally:
        await server.stop()
        os.environ.pop("PILOTHOUSE_SANDBOX", None)
        if old is not None:
            os.environ["PILOTHOUSE_SANDBOX"] = old

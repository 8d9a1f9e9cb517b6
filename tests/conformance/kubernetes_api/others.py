"""Who else was there when a scenario was recorded: the standard controllers, a stand-in for the node agent, another client.

Their part is in the notes of a scenario. When they acted is not, so whoever replays asks them to act when an answer is not yet
the recorded one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.workloads import factory as workloads
from pilothouse.kit.clock import Entropy, SystemClock, rfc3339
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiConflict, ApiNotFound
from pilothouse.sdk.kinds import CONFIG_MAP, POD
from pilothouse.sdk.manager import Manager
from pilothouse.wire import tls
from pilothouse.wire.http.messages import InProcessTransport, Peer

CONTROLLERS = "standard controllers running"
NODE = "stand-in node agent"
ADDRESS = "10.1.2.3"
CLIENT = "Another client patches and deletes configmap w"

FURNISHED = {"resourcequota-status": ("mesh-root-ca",)}
"""ConfigMaps of a namespace that an answer counts, by scenario."""


class Others:
    """Everybody but the client that was recorded."""

    def __init__(self, server: ApiServer, scenario: dict[str, Any]) -> None:
        notes = " ".join(scenario.get("notes") or ())
        self.server, self.scenario = server, scenario["name"]
        self.has_controllers, self.has_node = CONTROLLERS in notes, NODE in notes
        self.namespace = ((scenario.get("setup") or {}).get("namespaces") or [""])[0]
        self._wishes = [{"data": {"a": "b"}}, None] if CLIENT in notes else []
        transport = InProcessTransport(server.handle, Peer(common_name="other", organizations=("system:masters",)))
        self._client = Client(transport, field_manager="recorder")
        self._controllers: Manager | None = None

    async def start(self) -> None:
        """Start the controllers, if they ran."""
        if self.has_controllers:
            self._controllers = await start_controllers(self.server)

    async def furnish(self) -> None:
        """Create what other programs of the recorded cluster had put into the namespace."""
        for name in FURNISHED.get(self.scenario, ()):
            await self._client.create(CONFIG_MAP, {"metadata": {"name": name, "namespace": self.namespace}})

    async def stop(self) -> None:
        """Stop them."""
        if self._controllers is not None:
            await self._controllers.stop()

    @property
    def are_there(self) -> bool:
        """Whether anybody may act."""
        return self.has_controllers or bool(self._wishes)

    async def rest(self) -> None:
        """Return when nobody writes any more."""
        revision = -1
        for _ in range(100):
            if revision == self.server.backend.store.revision:
                return
            revision = self.server.backend.store.revision
            await asyncio.sleep(0.05)

    async def act(self) -> None:
        """Do what they would do next."""
        if self._wishes:
            wish = self._wishes.pop(0)
            if wish is None:
                await self._client.delete(CONFIG_MAP, "w", self.namespace)
            else:
                await self._client.patch(CONFIG_MAP, "w", self.namespace, wish)
        if self.has_node:
            for pod in await self._client.list(POD, self.namespace):
                try:
                    await self._tend(pod)
                except (ApiNotFound, ApiConflict):
                    continue

    async def _tend(self, pod: dict[str, Any]) -> None:
        name = pod["metadata"]["name"]
        if pod["metadata"].get("deletionTimestamp"):
            await self._client.delete(POD, name, self.namespace, grace_s=0)
        elif pod["status"].get("phase") != "Running":
            ready = {"type": "Ready", "status": "True", "lastProbeTime": None, "lastTransitionTime": rfc3339(SystemClock().now())}
            status = {"phase": "Running", "conditions": [ready], "podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}]}
            await self._client.patch(POD, name, self.namespace, {"status": status}, "strategic", subresource="status")


async def start_controllers(server: ApiServer) -> Manager:
    """Run the built-in controllers, without a node, against a server."""
    client = Client(InProcessTransport(server.handle, Peer(common_name="controllers", organizations=("system:masters",))))
    manager = Manager(client, clock=SystemClock(), entropy=Entropy(), metrics=MetricsRegistry())
    authority = tls.create_authority("ca", SystemClock().now())
    keys = (authority.certificate_pem.decode(), authority.key_pem.decode())
    await workloads.start(manager, workloads.WorkloadsConfig(root_ca_pem=keys[0], authority_key_pem=keys[1]))
    await manager.start()
    return manager

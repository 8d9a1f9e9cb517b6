"""The Node object and its Lease: what this machine is, and the sign that it lives.

The object is made or corrected at start, its status is reported when it changed and every few minutes, and the Lease in
kube-node-lease is renewed every ten seconds; losing it is how the control plane notices a dead node.
"""

from __future__ import annotations

import logging
import os
import platform
import socket

from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.cluster.nodeagent.runs import RuntimeFacts
from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.aio import TaskScope, offload
from pilothouse.kit.backoff import patiently
from pilothouse.kit.clock import Clock, rfc3339, rfc3339_micro
from pilothouse.kit.errors import AlreadyExists, Conflict, NotFound, PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import LEASE, NAMESPACE, NODE

LEASE_NAMESPACE = "kube-node-lease"
LEASE_DURATION_S = 40
NOT_READY_TAINT = "node.kubernetes.io/not-ready"
KUBELET_VERSION = "v1.36.0"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
logger = logging.getLogger("pilothouse.nodeagent")


def machine_address() -> str:
    """Return the address this machine would use towards others; 127.0.0.1 when it is alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("198.51.100.1", 9))
            return str(sock.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read(65536).strip()
    except OSError:
        return ""


def capacity(config: NodeAgentConfig, data_dir: str) -> dict[str, str]:
    """Return what the machine has, as quantities."""
    disk = os.statvfs(data_dir)
    memory_kib = next((line.split()[1] for line in _read("/proc/meminfo").splitlines() if line.startswith("MemTotal:")), "0")
    return {
        "cpu": config.cpu or str(len(os.sched_getaffinity(0))),
        "memory": config.memory or f"{memory_kib}Ki",
        "ephemeral-storage": f"{disk.f_blocks * disk.f_frsize // 1024}Ki",
        "pods": str(config.max_pods),
    }


def node_info(runtime_name: str) -> dict[str, str]:
    """Return `status.nodeInfo`."""
    release = dict(line.split("=", 1) for line in _read("/etc/os-release").splitlines() if "=" in line)
    machine = platform.machine()
    identity = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id")
    return {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "bootID": _read("/proc/sys/kernel/random/boot_id"),
        "containerRuntimeVersion": f"pilothouse-{runtime_name}://1",
        "kernelVersion": platform.release(),
        "kubeProxyVersion": "",
        "kubeletVersion": KUBELET_VERSION,
        "machineID": identity,
        "operatingSystem": "linux",
        "osImage": release.get("PRETTY_NAME", "Linux").strip('"'),
        "systemUUID": identity,
    }


class NodeRegistration:
    """Keeps the Node and its Lease."""

    def __init__(
        self, client: Client, controllers: Client, clock: Clock, config: NodeAgentConfig, data_dir: str, node_ip: str
    ) -> None:
        """Register `config.node_name` through `client`, which is the node; `controllers` does what a node may not."""
        self._client, self._controllers, self._clock, self._config = client, controllers, clock, config
        self._data_dir, self.node_ip = data_dir, node_ip
        self._tasks = TaskScope("node-registration")
        self._facts = RuntimeFacts("process")
        self._transitions: dict[str, tuple[str, str]] = {}
        self._images: list[tuple[str, int]] = []

    async def start(self, facts: RuntimeFacts, images: list[tuple[str, int]]) -> Json:
        """Make the Node ready and keep it so; returns its capacity for the downward API."""
        self._facts, self._images = facts, images
        measured = await offload(capacity, self._config, self._data_dir)
        await patiently(self._clock, lambda: self._announce(measured))
        self._tasks.spawn(self._heartbeat(), "lease")
        self._tasks.spawn(self._reporting(measured), "status")
        return {**measured, "name": self._config.node_name, "ip": self.node_ip}

    async def _announce(self, measured: dict[str, str]) -> None:
        await self._register()
        await self._report(measured)
        await self._lift_taint()
        await self._renew()

    async def stop(self) -> None:
        """End the heartbeat."""
        await self._tasks.close()

    def _labels(self) -> dict[str, str]:
        machine = platform.machine()
        arch = _ARCHITECTURES.get(machine, machine)
        own = {"kubernetes.io/hostname": self._config.node_name, "kubernetes.io/os": "linux", "kubernetes.io/arch": arch}
        return {**own, "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": arch, **self._config.labels}

    async def _register(self) -> None:
        name = self._config.node_name
        spec = {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16"], "providerID": f"pilothouse://{name}"}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": self._labels()}, "spec": spec}
        try:
            await self._client.create(NODE, node)
        except AlreadyExists:
            await self._client.patch(NODE, name, "", {"metadata": {"labels": self._labels()}}, "merge")

    def _conditions(self) -> list[Json]:
        now = rfc3339(self._clock.now())
        rows = [
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "node agent has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "node agent has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "node agent has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "node agent is posting ready status"),
        ]
        conditions = []
        for kind, status, reason, message in rows:
            before = self._transitions.get(kind)
            if before is None or before[0] != status:
                before = self._transitions[kind] = (status, now)
            shown = {"type": kind, "status": status, "reason": reason, "message": message}
            conditions.append({**shown, "lastHeartbeatTime": now, "lastTransitionTime": before[1]})
        return conditions

    async def _report(self, measured: dict[str, str]) -> None:
        name = self._config.node_name
        status = {
            "capacity": measured,
            "allocatable": measured,
            "conditions": self._conditions(),
            "addresses": [{"type": "InternalIP", "address": self.node_ip}, {"type": "Hostname", "address": name}],
            "nodeInfo": node_info(self._facts.name),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
            "images": [{"names": [image], "sizeBytes": size} for image, size in self._images],
        }
        await self._client.patch(NODE, name, "", {"status": status}, "strategic", subresource="status")

    async def _lift_taint(self) -> None:
        """Admission marks every new Node as not ready; the node is, and nobody else here takes the mark away."""
        node = await self._client.get(NODE, self._config.node_name)
        taints = (node.get("spec") or {}).get("taints") or []
        kept = [taint for taint in taints if taint.get("key") != NOT_READY_TAINT]
        if len(kept) != len(taints):
            await self._controllers.patch(NODE, self._config.node_name, "", {"spec": {"taints": kept or None}}, "merge")

    async def _reporting(self, measured: dict[str, str]) -> None:
        while True:
            await self._clock.sleep(self._config.status_report_s)
            try:
                await self._report(measured)
            except NotFound:
                await self._register()
            except PilothouseError as error:
                logger.warning("node status not written: %s", error)

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(self._config.lease_renew_s)
            try:
                await self._renew()
            except PilothouseError as error:
                logger.warning("node lease not renewed: %s", error)

    async def _renew(self) -> None:
        name = self._config.node_name
        spec = {"holderIdentity": name, "leaseDurationSeconds": LEASE_DURATION_S, "renewTime": rfc3339_micro(self._clock.now())}
        try:
            await self._client.patch(LEASE, name, LEASE_NAMESPACE, {"spec": spec}, "merge")
        except NotFound:
            await self._create_lease(name, spec)

    async def _create_lease(self, name: str, spec: Json) -> None:
        api = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": LEASE_NAMESPACE}}
        try:
            await self._controllers.create(NAMESPACE, api)
        except (AlreadyExists, Conflict):
            pass
        node = await self._client.get(NODE, name)
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
        metadata = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
        try:
            await self._client.create(
                LEASE, {"apiVersion": LEASE.api_version, "kind": "Lease", "metadata": metadata, "spec": spec}
            )
        except AlreadyExists:
            return

"""Carrying out a plan's steps: sandboxes, container starts, stops with their hooks.

Each function changes the Pod's state as it goes, so that the next plan sees what happened, also when the step failed: a failure
becomes a waiting reason and a time before which it is not tried again.
"""

from __future__ import annotations

import errno
import os
import socket

import msgspec

from pilothouse.api.oci import Execution
from pilothouse.cluster.nodeagent.adapters.images import Image
from pilothouse.cluster.nodeagent.adapters.logs import log_path
from pilothouse.cluster.nodeagent.adapters.volumes import PodVolumes, mount_source
from pilothouse.cluster.nodeagent.controller.host import Host
from pilothouse.cluster.nodeagent.engine import backoff, launch
from pilothouse.cluster.nodeagent.engine.dns import resolv_conf
from pilothouse.cluster.nodeagent.engine.env import container_env, expand, service_env
from pilothouse.cluster.nodeagent.engine.plan import note_exit, note_start
from pilothouse.cluster.nodeagent.engine.services import CLUSTER_DNS, host_address
from pilothouse.cluster.nodeagent.engine.volumes import VolumeInputs, claim_of
from pilothouse.cluster.nodeagent.errors import ConfigMissing, ImageMissing, MountFailed, PortTaken, StartFailed
from pilothouse.cluster.nodeagent.runs import Bind, Launch
from pilothouse.cluster.nodeagent.supervisor.records import remove_tree
from pilothouse.cluster.nodeagent.types import ContainerState, Exit, Json, PodState
from pilothouse.kit.aio import offload
from pilothouse.kit.errors import PilothouseError

SANDBOX_RETRY_S = 2.0
CONFIG_RETRY_S = 5.0
KEPT_RUNS = 2


class PodActions:
    """The steps of one Pod."""

    def __init__(self, host: Host, state: PodState) -> None:
        """Act for the Pod of `state` with the node's shared parts."""
        self.host, self.state = host, state
        self.folder = host.memory.folder(state.uid)
        self.volumes = PodVolumes(self.folder)
        self.is_real = host.runtime.facts.name != "fake"

    def _stamp(self) -> str:
        return f"{self.host.clock.now():.6f}"

    def uses_host_network(self, pod: Json) -> bool:
        """Tell whether the Pod shares the machine's network."""
        return bool(pod["spec"].get("hostNetwork")) or not self.host.runtime.facts.has_network

    def addresses(self) -> dict[str, str]:
        """Return the downward API's addresses."""
        ip, node = self.state.address, self.host.node_ip
        return {"podIP": ip, "podIPs": ip, "hostIP": node, "hostIPs": node}

    def _inputs(self, pod: Json) -> VolumeInputs:
        sources, uid = self.host.sources, self.state.uid
        lookups = sources.of(pod["metadata"]["namespace"])
        return VolumeInputs(lookups, self.addresses(), lambda audience, life_s: sources.token(uid, audience, life_s))

    async def prepare_volumes(self, pod: Json) -> dict[str, str]:
        """Make all volumes and return their places; raises MountFailed or ConfigMissing."""
        if not self.is_real:
            return {}
        await self.host.sources.fetch_tokens(pod)
        paths = await self.host.sources.persistent_paths(pod)
        return await offload(
            self.volumes.prepare, pod, self._inputs(pod), lambda volume: paths[claim_of(pod, volume)], self._stamp()
        )

    async def refresh_volumes(self, pod: Json) -> None:
        """Bring changed ConfigMaps, Secrets, tokens and fields into the running Pod; an error leaves the old files."""
        if not self.is_real or not self.state.has_sandbox:
            return
        try:
            await self.host.sources.fetch_tokens(pod)
            await offload(self.volumes.refresh, pod, self._inputs(pod), self._stamp())
        except PilothouseError as error:
            self.host.recorder.warning(pod, "FailedMount", str(error))

    async def create_sandbox(self, pod: Json) -> None:
        """Give the Pod an address, volumes, host files and a network."""
        host, state = self.host, self.state
        state.start_time = state.start_time or host.clock.now()
        try:
            if not state.address:
                state.address = host.node_ip if pod["spec"].get("hostNetwork") else host.allocate()
            await self.prepare_volumes(pod)
            if self.is_real:
                await offload(self._write_host_files, pod)
            if not pod["spec"].get("hostNetwork"):
                await host.runtime.create_sandbox(state.uid, state.address)
        except PilothouseError as error:
            is_mount = isinstance(error, MountFailed | ConfigMissing)
            host.recorder.warning(pod, "FailedMount" if is_mount else "FailedCreatePodSandBox", str(error))
            state.mount_error, state.retry_at = str(error), host.clock.now() + SANDBOX_RETRY_S
            return
        state.has_sandbox, state.mount_error, state.retry_at = True, "", 0.0

    def _write_host_files(self, pod: Json) -> None:
        folder = os.path.join(self.folder, "etc")
        os.makedirs(folder, exist_ok=True)
        config = pod["spec"].get("dnsConfig") or {}
        options = [f"{o['name']}:{o['value']}" if o.get("value") else str(o["name"]) for o in config.get("options") or []]
        extra = {"nameservers": config.get("nameservers") or [], "searches": config.get("searches") or [], "options": options}
        policy = str(pod["spec"].get("dnsPolicy") or "ClusterFirst")
        files = {"hosts": launch.hosts_file(pod, self.state.address), "hostname": launch.hostname_of(pod) + "\n"}
        if not self.uses_host_network(pod):
            files["resolv.conf"] = resolv_conf(pod["metadata"]["namespace"], policy, extra, CLUSTER_DNS)
        for name, text in files.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)

    async def start_container(self, pod: Json, container: Json, attempt: int) -> bool:
        """Start a run; returns False when it could not, with the reason in the state."""
        host, state = self.host, self.state
        known = state.containers.setdefault(container["name"], ContainerState(container["name"]))
        name = host.entropy.token_bytes(32).hex()
        try:
            image = await self._image(pod, container, known)
            if image is None:
                return False
            launched = await self._launch(pod, container, image, name, attempt)
        except (ConfigMissing, MountFailed, PortTaken) as error:
            self._hold(known, error.reason if not isinstance(error, MountFailed) else "CreateContainerError", str(error))
            host.recorder.warning(pod, "Failed", f"Error: {error}")
            return False
        except StartFailed as error:
            self._failed_start(known, name, attempt, str(error))
            return False
        host.recorder.normal(pod, "Created", f"Created container: {known.name}")
        known.image_id = image.id
        has_post_start = "postStart" in (container.get("lifecycle") or {})
        try:
            running = await host.runtime.run(launched)
        except PilothouseError as error:
            host.recorder.warning(pod, "Failed", f"Error: {error}")
            self._failed_start(known, name, attempt, str(error))
            return False
        note_start(known, name, attempt, running.started_at, has_post_start)
        host.recorder.normal(pod, "Started", f"Started container {known.name}")
        if self.is_real:
            await offload(self._drop_old_runs, known.name, attempt)
        return True

    def _hold(self, known: ContainerState, reason: str, message: str) -> None:
        known.waiting_reason, known.waiting_message = reason, message
        known.retry_at = self.host.clock.now() + CONFIG_RETRY_S

    def _failed_start(self, known: ContainerState, name: str, attempt: int, message: str) -> None:
        now = self.host.clock.now()
        note_start(known, name, attempt, now, has_post_start=False)
        note_exit(known, Exit(128, "StartError", 0.0, now, name, 0, message))

    async def _image(self, pod: Json, container: Json, known: ContainerState) -> Image | None:
        text, policy = str(container.get("image") or ""), container.get("imagePullPolicy")
        is_again = known.pull_backoff_s > 0
        if policy == "Always":
            self.host.recorder.normal(pod, "Pulling", f'Pulling image "{text}"')
        started = self.host.clock.monotonic()
        try:
            found = await self._found_image(text)
        except PilothouseError as error:
            known.pull_backoff_s = backoff.next_pull_backoff_s(known.pull_backoff_s)
            known.retry_at = self.host.clock.now() + known.pull_backoff_s
            reason = error.reason
            message = str(error)
            if isinstance(error, ImageMissing) and policy == "Never":
                reason = "ErrImageNeverPull"
            elif is_again and reason == "ErrImagePull":
                reason, message = "ImagePullBackOff", f'Back-off pulling image "{text}": ErrImagePull: {message}'
            known.waiting_reason, known.waiting_message = reason, message
            self.host.recorder.warning(pod, "BackOff" if is_again else "Failed", f'Failed to pull image "{text}": {error}')
            return None
        message = f'Container image "{text}" already present on machine'
        if policy == "Always":
            took = f"{round((self.host.clock.monotonic() - started) * 1000)}ms"
            message = f'Successfully pulled image "{text}" in {took} ({took} including waiting)'
        self.host.recorder.normal(pod, "Pulled", message)
        return found

    async def _found_image(self, text: str) -> Image:
        if not self.is_real:
            return Image(f"fake://{text}", text, "", Execution())
        return await offload(self.host.images.find, text)

    async def _check_ports(self, pod: Json) -> None:
        """Raise PortTaken when a declared port cannot be listened on; only asked where Pods share the machine's network."""
        ports = sorted(launch.declared_ports(pod))
        taken = [port for port in ports if not await offload(is_port_free, self.state.address, port)]
        if not taken:
            return
        others = [(other, known) for other, known in self.host.neighbours() if known.uid != self.state.uid]
        conflict = launch.port_conflict(pod, others) or f"port {taken[0]} is used by another program of this machine"
        fix = "have the program listen on its Pod's address (status.podIP) only, or see `pilothouse doctor`"
        raise PortTaken(conflict + ", and Pods share the machine's network here", fix=fix)

    async def _launch(self, pod: Json, container: Json, image: Image, name: str, attempt: int) -> Launch:
        host, state = self.host, self.state
        if not self.is_real:
            finite = launch.is_finite(pod, container)
            return Launch(name, state.uid, container["name"], attempt, (), {}, "/", "", "", is_finite=finite)
        if not host.runtime.facts.has_network and not pod["spec"].get("hostNetwork"):
            await self._check_ports(pod)
        places = await self.prepare_volumes(pod)
        env = self._env(pod, container, image)
        if container.get("tty"):
            env.setdefault("TERM", "xterm")
        execution, folder = image.execution, os.path.join(self.folder, "containers", container["name"], str(attempt))
        binds = await offload(self._binds, pod, container, places, env, folder)
        memory, cpu, shares = launch.limits_of(container)
        metadata = pod["metadata"]
        fields = msgspec.structs.asdict(launch.identity_of(pod, container, execution))
        return Launch(
            id=name,
            pod_uid=state.uid,
            name=container["name"],
            attempt=attempt,
            argv=launch.command_of(container, execution, env),
            env=env,
            cwd=launch.workdir_of(container, execution),
            folder=folder,
            log=log_path(host.data_dir, metadata["namespace"], metadata["name"], state.uid, container["name"], attempt),
            binds=tuple(binds),
            layers=image.layers,
            base=image.base,
            hostname=launch.hostname_of(pod) if not self.uses_host_network(pod) else "",
            uses_host_network=self.uses_host_network(pod),
            memory_bytes=memory,
            cpu_milli=cpu,
            cpu_shares=shares,
            has_stdin=bool(container.get("stdin")),
            has_tty=bool(container.get("tty")),
            labels={"namespace": metadata["namespace"], "pod": metadata["name"], "container": container["name"]},
            **fields,
        )

    def _env(self, pod: Json, container: Json, image: Image) -> dict[str, str]:
        host, namespace = self.host, pod["metadata"]["namespace"]
        has_network = host.runtime.facts.has_network and not pod["spec"].get("hostNetwork")

        def address(ip: str, port: int) -> tuple[str, int]:
            try:
                return (ip, port) if has_network else host_address(ip, port, os.geteuid() == 0)
            except ValueError:
                return ip, port

        are_linked = pod["spec"].get("enableServiceLinks") is not False
        services = service_env(host.sources.services.cache.list(), namespace, are_linked, address)
        base = {**launch.image_env(image.execution), "HOSTNAME": launch.hostname_of(pod), **services}
        return container_env(pod, container, host.sources.of(namespace), self.addresses(), base)

    def _binds(self, pod: Json, container: Json, places: dict[str, str], env: dict[str, str], folder: str) -> list[Bind]:
        binds = []
        for mount in container.get("volumeMounts") or []:
            if mount["name"] not in places:
                raise MountFailed(f"volume {mount['name']!r} of a volumeMount does not exist")
            inner = str(mount.get("subPath") or expand(str(mount.get("subPathExpr") or ""), env))
            binds.append(Bind(mount_source(places[mount["name"]], inner), str(mount["mountPath"]), bool(mount.get("readOnly"))))
        taken = {bind.target for bind in binds}
        os.makedirs(folder, exist_ok=True)
        message = os.path.join(folder, "termination-log")
        with open(message, "w"):
            os.chmod(message, 0o666)  # noqa: S103 - any user of the container may leave its last words here
        binds.append(Bind(message, str(container.get("terminationMessagePath") or "/dev/termination-log")))
        if self.host.runtime.facts.mounts >= 1:
            for name in ("hosts", "hostname", "resolv.conf"):
                path = os.path.join(self.folder, "etc", name)
                if f"/etc/{name}" not in taken and os.path.exists(path):
                    binds.append(Bind(path, f"/etc/{name}"))
        return binds

    def _drop_old_runs(self, name: str, attempt: int) -> None:
        folder = os.path.join(self.folder, "containers", name)
        for entry in os.listdir(folder):
            if entry.isdigit() and int(entry) <= attempt - KEPT_RUNS:
                remove_tree(os.path.join(folder, entry))

    def last_words(self, container: Json, attempt: int, exit_code: int) -> str:
        """Return the termination message of a run: its file, or on failure the end of its log when asked for."""
        path = os.path.join(self.folder, "containers", container["name"], str(attempt), "termination-log")
        text = _tail(path, 4096)
        if not text and exit_code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            log = log_path(self.host.data_dir, self.state.namespace, self.state.name, self.state.uid, container["name"], attempt)
            lines = _tail(log, 4096).splitlines()
            text = "\n".join(line.split(" ", 3)[-1] for line in lines[-80:])[-2048:]
        return text


def is_port_free(address: str, port: int) -> bool:
    """Tell whether a program of this machine could listen on `port` of `address` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            trial.listen(1)
        except OSError as error:
            return error.errno == errno.EACCES
    return True


def _tail(path: str, size: int) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - size))
            return file.read(size).decode("utf-8", "replace")
    except OSError:
        return ""

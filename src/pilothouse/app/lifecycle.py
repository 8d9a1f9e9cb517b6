"""Builds one control plane from its parts, and takes it down again.

Order of start: store, API server, HTTP edge, then the capabilities on one manager. The edge answers as soon as the API server
can, while capabilities still fill their caches; `/readyz` says when all of it is up. Stopping goes the other way round.
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pilothouse.api.meta import is_condition_true, name_of
from pilothouse.app.audit import Audit, start_audit
from pilothouse.app.authentication import Authentication
from pilothouse.app.storage import open_store
from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.errors import Conflict, Invalid, PilothouseError
from pilothouse.kit.faults import Faults
from pilothouse.kit.looplag import observe_lag
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.kit.registry import Capability
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION
from pilothouse.sdk.leaderelection import ElectionConfig, LeaderElection
from pilothouse.sdk.manager import Manager
from pilothouse.store.revisions import Store
from pilothouse.wire import kubeconfig, tls
from pilothouse.wire.http.messages import InProcessTransport, Peer, Request, Response
from pilothouse.wire.http.server import HttpServer

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.http.audit.log import AuditLog
    from pilothouse.cluster.apiserver.http.audit.trail import Auditor

logger = logging.getLogger("pilothouse.app")
SERVICE_RANGE = "10.96.0.0/16"
ADMIN = Peer(common_name="kubernetes-admin", organizations=("system:masters",))
CONTROLLERS = Peer(common_name="system:kube-controller-manager", organizations=("system:masters",))


class Options(msgspec.Struct, frozen=True):
    """How one control plane is to be built."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    is_port_required: bool = False
    """Fail instead of taking a free port when `port` is taken."""
    store: str = "log"
    """`log`, `memory`, or `etcd://HOST:PORT[,HOST:PORT...]`."""
    etcd_cafile: str = ""
    etcd_certfile: str = ""
    etcd_keyfile: str = ""
    encryption_config: Path | None = None
    """The user's EncryptionConfiguration; without one Secrets are sealed with keys of the data directory."""
    rotate_encryption_key: bool = False
    capabilities: tuple[str, ...] = ()
    settings: dict[str, dict[str, Any]] = {}
    """Configuration by capability id."""
    authentication: Authentication = Authentication()
    """Who may log in besides holders of a certificate."""
    audit: Audit = Audit()
    """Which requests are recorded, and where."""


class PortTaken(Conflict):
    """The port asked for belongs to another process."""

    reason = "PortTaken"


class ControlPlane:
    """A running control plane."""

    def __init__(
        self, options: Options, *, clock: Clock | None = None, entropy: Entropy | None = None, wall: Clock | None = None
    ) -> None:
        """Prepare; `start` does the work. Certificates follow `wall`: programs outside judge them by the machine's time."""
        self.options = options
        self.clock = clock or SystemClock()
        self.wall = wall or self.clock
        self.entropy = entropy or Entropy()
        self.metrics = MetricsRegistry()
        self.faults = Faults(self.clock)
        self.port = 0
        self.authority: tls.KeyPair | None = None
        self.server: ApiServer | None = None
        self.manager: Manager | None = None
        self._store: Store | None = None
        self._edge: HttpServer | None = None
        self._audit: AuditLog | None = None
        self._scope = TaskScope("control-plane")

    @property
    def url(self) -> str:
        """Address of the API server."""
        return f"https://{self.options.host}:{self.port}"

    @property
    def kubeconfig_path(self) -> Path:
        """The administrator's kubeconfig."""
        return self.options.data_dir / "kubeconfig"

    def connected(self) -> list[Peer]:
        """Return who is connected over the network, by certificate."""
        return [] if self._edge is None else [connection.peer for connection in self._edge.connections]

    async def answer(self, request: Request) -> Response:
        """Answer a request from outside."""
        assert self.server is not None, "the control plane is not started"
        return await self.server.handle(request)

    def client(self, peer: Peer = ADMIN, name: str = "pilothouse") -> Client:
        """Return a client in process."""
        assert self.server is not None, "the control plane is not started"
        return Client(InProcessTransport(self.server.handle, peer, name), field_manager=name, faults=self.faults)

    async def start_api(self) -> None:
        """Open the store and serve the API."""
        options = self.options
        _make_data_dir(options.data_dir)
        self._store = await open_store(options, self.clock, self.entropy, self.faults)
        self.authority = self._authority()
        proxy_authority, proxy = self._proxy_identity()
        config = Config(
            service_range=SERVICE_RANGE,
            advertise_address=options.host,
            signing_key_pem=self._signing_key(self.authority),
            client_authority_pem=self.authority.certificate_pem.decode(),
            proxy_certificate_pem=proxy.certificate_pem.decode(),
            proxy_key_pem=proxy.key_pem.decode(),
            proxy_authority_pem=proxy_authority.certificate_pem.decode(),
            tokens=options.authentication.tokens,
        )
        self.server = ApiServer(
            self._store, clock=self.clock, entropy=self.entropy, metrics=self.metrics, faults=self.faults, config=config,
            auditor=self._auditor(),
            trust=options.authentication.trust,
        )  # fmt: skip
        self.server.failing["controllers"] = "not started yet"
        await self.server.start()
        self._edge = HttpServer(self.answer, tls=self._tls_context(self.authority))
        self.port = await self._listen(self._edge)
        self._scope.spawn(observe_lag(self.wall, self.metrics), "loop-lag")
        self._write_kubeconfig(self.authority)

    def _auditor(self) -> Auditor | None:
        if not self.options.audit.path:
            return None
        auditor, self._audit = start_audit(self.options.audit, self.clock, self.entropy)
        return auditor

    def _authority(self) -> tls.KeyPair:
        directory = self.options.data_dir / "pki"
        authority = tls.read_pair(directory, "ca")
        if authority is None:
            authority = tls.create_authority("pilothouse-ca", self.wall.now())
            tls.write_pair(directory, "ca", authority)
        return authority

    def _signing_key(self, authority: tls.KeyPair) -> str:
        directory = self.options.data_dir / "pki"
        pair = tls.read_pair(directory, "service-accounts")
        if pair is None:
            pair = tls.issue(authority, "service-accounts", self.wall.now(), days=tls.AUTHORITY_DAYS)
            tls.write_pair(directory, "service-accounts", pair)
        return pair.key_pem.decode()

    def _proxy_identity(self) -> tuple[tls.KeyPair, tls.KeyPair]:
        """Return (an authority that signs nothing else, the certificate of it that aggregated servers are shown)."""
        directory, now = self.options.data_dir / "pki", self.wall.now()
        authority, pair = tls.read_pair(directory, "front-proxy-ca"), tls.read_pair(directory, "front-proxy-client")
        if authority is None or pair is None or tls.expires_within(pair, now, 30):
            authority = authority or tls.create_authority("front-proxy-ca", now)
            pair = tls.issue(authority, "front-proxy-client", now)
            tls.write_pair(directory, "front-proxy-ca", authority)
            tls.write_pair(directory, "front-proxy-client", pair)
        return authority, pair

    def _tls_context(self, authority: tls.KeyPair) -> Any:
        directory, now = self.options.data_dir / "pki", self.wall.now()
        names = (
            self.options.host, "127.0.0.1", "::1", "localhost", "10.96.0.1", "kubernetes", "kubernetes.default",
            "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
        )  # fmt: skip
        # New at every start: the host may be another one, and clients trust the authority.
        pair = tls.issue(authority, "kube-apiserver", now, names=tuple(dict.fromkeys(names)), is_server=True)
        tls.write_pair(directory, "server", pair)
        return tls.server_context(directory / "server.crt", directory / "server.key", authority.certificate_pem)

    async def _listen(self, edge: HttpServer) -> int:
        host, port = self.options.host, self.options.port
        is_given = self.options.is_port_required or port == 0
        failure: OSError | None = None
        for candidate in dict.fromkeys((port,) if is_given else (self._previous_port() or port, port, 0)):
            try:
                return await edge.start(host, candidate)
            except OSError as error:
                failure = error
        why = failure.strerror or failure if failure else ""
        if is_given:
            fix = "choose another --port, or leave it out to take any free one"
            raise PortTaken(f"port {port} on {host} cannot be used: {why}", fix=fix)
        fix = "choose another --host: 127.0.0.1, or an address of this machine"
        raise Invalid(f"cannot listen on {host}: {why}", fix=fix)

    def _previous_port(self) -> int:
        """The port of the last start: copies of the kubeconfig keep working when it is still free."""
        try:
            port = kubeconfig.read(self.kubeconfig_path).server.rpartition(":")[2]
        except PilothouseError:
            return 0
        return int(port) if port.isdigit() else 0

    def _write_kubeconfig(self, authority: tls.KeyPair) -> None:
        directory, now = self.options.data_dir / "pki", self.wall.now()
        pair = tls.read_pair(directory, "admin")
        if pair is None or tls.expires_within(pair, now, 30):
            pair = tls.issue(authority, "kubernetes-admin", now, organizations=("system:masters",))
            tls.write_pair(directory, "admin", pair)
        document = kubeconfig.build("pilothouse", self.url, authority.certificate_pem, pair.certificate_pem, pair.key_pem)
        kubeconfig.write(self.kubeconfig_path, document)

    async def start_capabilities(self) -> None:
        """Start what the options list, on one manager; returns when all caches are filled.

        Where other control planes use the same store, one of them does this work and the others stand by.
        """
        assert self.server is not None and self._store is not None
        if self._store.is_shared and self.options.capabilities:
            self._scope.spawn(self._take_turns(), "controllers")
        else:
            await self._run_capabilities()
        self.server.failing.pop("controllers", None)

    async def _take_turns(self) -> None:
        identity = f"{socket.gethostname()}_{self.entropy.uuid()}"
        config = ElectionConfig(name="kube-controller-manager", namespace="kube-system", identity=identity)
        while True:
            election = LeaderElection(self.client(CONTROLLERS, "pilothouse-controllers"), config, self.clock)
            try:
                await election.start()
                await election.leading.wait()
                await self._run_capabilities()
                await election.lost.wait()
            finally:
                if self.manager is not None:
                    await self.manager.stop()
                    self.manager = None
                await election.stop()

    async def _run_capabilities(self) -> None:
        assert self.server is not None
        client = self.client(CONTROLLERS, "pilothouse-controllers")
        self.manager = Manager(client, clock=self.clock, entropy=self.entropy, metrics=self.metrics, faults=self.faults)
        for name in self.options.capabilities:
            await self._start_capability(load_capability(name), self.manager)
        await self.manager.start()

    async def _start_capability(self, capability: Capability, manager: Manager) -> None:
        assert self.authority is not None
        await self._install(manager.client, capability.crds() if capability.crds else [])
        if capability.start is None or capability.config is None:
            return
        known = {
            "data_dir": str(self.options.data_dir), "root_ca_pem": self.authority.certificate_pem.decode(),
            "authority_key_pem": self.authority.key_pem.decode(),
            "volumes_dir": str(self.options.data_dir / "volumes"), "api_host": self.options.host, "api_port": self.port,
        }  # fmt: skip
        fields = {field.name for field in msgspec.structs.fields(capability.config)}
        values = {key: value for key, value in known.items() if key in fields}
        config = msgspec.convert({**values, **self.options.settings.get(capability.id, {})}, capability.config)
        service = await capability.start(manager, config)
        proxy = getattr(service, "node_proxy", None)
        if proxy is not None and self.server is not None:
            self.server.backend.node_proxy = proxy
            self.server.backend.service_route = getattr(service, "service_address", None)

    async def _install(self, client: Client, definitions: list[dict[str, Any]]) -> None:
        """Write CustomResourceDefinitions and wait until they are served."""
        for definition in definitions:
            await client.apply(CUSTOM_RESOURCE_DEFINITION, definition)
        for definition in definitions:
            while not is_condition_true(await client.get(CUSTOM_RESOURCE_DEFINITION, name_of(definition)), "Established"):
                await self.clock.sleep(0.005)

    async def stop(self, drain_s: float = 5.0) -> None:
        """Stop capabilities, let requests under way end for `drain_s`, close the store; safe to call twice."""
        async with AsyncExitStack() as stack:  # a part that fails to stop keeps none of the others from it
            if self._store is not None:
                stack.push_async_callback(self._store.close)
            if self._audit is not None:
                stack.push_async_callback(self._audit.stop)
            if self._edge is not None:
                stack.push_async_callback(self._edge.stop, drain_s)
            if self.server is not None:
                stack.push_async_callback(self.server.stop)
            if self.manager is not None:
                stack.push_async_callback(self.manager.stop)
            stack.push_async_callback(self._scope.close)


def _make_data_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(path, os.W_OK | os.X_OK):
            return
        why = "it belongs to another user or is read-only"
    except OSError as error:
        why = error.strerror or str(error)
    raise Invalid(f"data directory {path} cannot be used: {why}", fix="choose another --data-dir, or set $PILOTHOUSE_DATA_DIR")


def load_capability(name: str) -> Capability:
    """Return the capability named `module:attribute`."""
    module, _, attribute = name.partition(":")
    capability = getattr(importlib.import_module(module), attribute)
    assert isinstance(capability, Capability), f"{name} is no Capability"
    return capability

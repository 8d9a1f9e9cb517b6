"""Destination clusters: this one, and those that Secrets of the type `cluster` name, as Argo CD keeps them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable

import msgspec

from pilothouse.api.meta import Tree, metadata, namespace_of
from pilothouse.delivery.gitops.errors import DestinationInvalid
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.application import LOCAL_NAME, LOCAL_SERVER
from pilothouse.kit.errors import Unavailable
from pilothouse.sdk.client import Client
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.kinds import SECRET
from pilothouse.sdk.manager import Manager
from pilothouse.wire.kubeconfig import ClusterAccess

SECRET_TYPE = "argocd.argoproj.io/secret-type"
ANSWER_TIMEOUT_S = 10.0


class Destination(msgspec.Struct, frozen=True):
    """A cluster that a Secret names."""

    name: str
    server: str
    access: ClusterAccess
    version: str
    """Of the Secret: another one means other credentials."""
    namespaces: frozenset[str] = frozenset()
    """The namespaces that may be written to; empty for all."""
    project: str = ""
    """The project the cluster belongs to; empty for none in particular."""


Open = Callable[[Destination], Client]


def open_client(destination: Destination) -> Client:
    """Return a client that talks to a cluster over the network."""
    from pilothouse.wire.http.client import HttpTransport

    return Client(HttpTransport(destination.access, "pilothouse-gitops"))


def read_destination(secret: Tree) -> Destination:
    """Return the cluster of a Secret; raises `DestinationInvalid`."""
    try:
        data = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
        config = json.loads(data.get("config") or "{}")
        server = data["server"].rstrip("/")
        access = ClusterAccess(server)
        tls = config.get("tlsClientConfig") or {}
        access.authority_pem, access.certificate_pem, access.key_pem = (
            base64.b64decode(tls.get(member) or "") for member in ("caData", "certData", "keyData")
        )
        access.token = str(config.get("bearerToken") or "")
        access.insecure, access.tls_server_name = bool(tls.get("insecure")), str(tls.get("serverName") or "")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DestinationInvalid(
            f"cluster Secret {metadata(secret).get('name')} cannot be read ({type(error).__name__})",
            fix="give name, server and config as Argo CD does",
        ) from error
    spaces = frozenset(part.strip() for part in data.get("namespaces", "").split(",") if part.strip())
    version, project = str(metadata(secret).get("resourceVersion", "")), data.get("project", "")
    return Destination(data.get("name") or server, server, access, version, spaces, project)


class Clusters:
    """The clusters that Applications may name."""

    def __init__(self, manager: Manager, namespace: str, opening: Open = open_client) -> None:
        """Read Secrets of `namespace`, or of the namespace of each Application when it is empty."""
        self._manager, self._namespace, self._open = manager, namespace, opening
        self._secrets = manager.informer(SECRET, namespace=namespace, labels=f"{SECRET_TYPE}=cluster")
        self._known: dict[str, tuple[str, Manager]] = {}
        self._lock = asyncio.Lock()

    async def of(self, app: App) -> Manager:
        """Return the manager of an Application's destination; raises when there is none or it does not answer."""
        if app.is_local:
            return self._manager
        async with self._lock:
            await self._secrets.start()
            destination = self._find(app)
            known = self._known.get(destination.server)
            if known is not None and known[0] == destination.version:
                return known[1]
            if known is not None:
                await known[1].stop()
            found = await self._reach(destination)
            self._known[destination.server] = (destination.version, found)
            return found

    async def start(self) -> None:
        """Return once all clusters are known."""
        await self._secrets.start()

    def check(self, app: App) -> None:
        """Raise `DestinationInvalid` when an Application's destination is not known, or is named twice."""
        destination = app.spec.get("destination") or {}
        if destination.get("server") and destination.get("name"):
            raise DestinationInvalid(
                f"application destination can't have both name and server defined: {app.cluster} {app.server}",
                fix="keep one of destination.name and destination.server",
            )
        if not app.is_local:
            self._find(app)

    def place_of(self, app: App) -> tuple[str, str]:
        """Return URL and name of an Application's destination, as far as they are known."""
        if app.is_local:
            return app.server or LOCAL_SERVER, app.cluster or LOCAL_NAME
        try:
            found = self._find(app)
        except DestinationInvalid:
            return app.server, app.cluster
        return found.server, found.name

    def project_of(self, app: App) -> str:
        """Return the project an Application's destination belongs to, empty where a Secret says nothing of one."""
        server, name = self.place_of(app)
        for secret in self._secrets.cache.list(self._namespace or app.namespace):
            try:
                found = read_destination(secret)
            except DestinationInvalid:
                continue
            if name == found.name or server.rstrip("/") == found.server:
                return found.project
        return ""

    def _find(self, app: App) -> Destination:
        home = self._namespace or app.namespace
        for secret in self._secrets.cache.list(home):
            if namespace_of(secret) != home:
                continue
            found = read_destination(secret)
            if app.cluster == found.name or (app.server and app.server.rstrip("/") == found.server):
                if found.namespaces and app.destination_namespace not in found.namespaces:
                    raise DestinationInvalid(f"namespace {app.destination_namespace} of cluster {found.name} is not managed")
                return found
        raise DestinationInvalid(
            f"there is no cluster {app.cluster or app.server!r}", fix=f"write a Secret with the label {SECRET_TYPE}: cluster"
        )

    async def _reach(self, destination: Destination) -> Manager:
        client = self._open(destination)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await Discovery(client).find("v1", "ConfigMap")
        except TimeoutError as error:
            raise Unavailable(f"cluster {destination.name} at {destination.server} does not answer") from error
        base = self._manager
        return Manager(client, clock=base.clock, entropy=base.entropy, metrics=base.metrics, faults=base.faults)

    async def stop(self) -> None:
        """Leave the clusters."""
        for _, manager in self._known.values():
            await manager.stop()
        self._known.clear()

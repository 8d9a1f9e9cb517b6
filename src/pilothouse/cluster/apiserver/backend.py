"""What every stage behind authorisation shares: store, cache, scheme, clock, randomness, settings, and the way to write."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import msgspec

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.watchcache.cache import ResourceCache, WatchCache
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.clock import Clock, Entropy, rfc3339
from pilothouse.kit.faults import Faults
from pilothouse.store.revisions import Mismatch, Store
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response

WINNER_TIMEOUT_S = 2.0


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Settings of the API server."""

    service_range: str = "10.0.0.0/16"
    """Addresses for Services; the first is the `kubernetes` Service."""
    node_port_low: int = 30000
    node_port_high: int = 32767
    advertise_address: str = "127.0.0.1"
    advertise_port: int = 6443
    issuer: str = "https://kubernetes.default.svc.cluster.local"
    audience: str = ""
    """Audience of ServiceAccount tokens; the issuer when empty."""
    tokens: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    """Static bearer tokens: token -> (user, uid, groups)."""
    event_ttl_s: float = 3600.0
    watch_timeout_s: float = 1800.0
    """Watches without a timeout end after this long."""
    bookmark_interval_s: float = 60.0
    signing_key_pem: str = ""
    """Private key (EC or RSA) of ServiceAccount tokens; made at start when empty."""
    proxy_certificate_pem: str = ""
    proxy_key_pem: str = ""
    """What this server shows to aggregated servers, so that they believe the user it names."""
    proxy_authority_pem: str = ""
    """The authority of `proxy_certificate_pem`, published for aggregated servers."""
    client_authority_pem: str = ""
    """The authority of client certificates, published for aggregated servers."""
    admission: bool = True
    max_requests_inflight: int = 400
    max_mutating_requests_inflight: int = 200
    """Seats of the server: how many requests are served at once, both numbers together; others wait or are refused."""
    git_version: str = ""


class RemoteProcess(Protocol):
    """A program on a node with a client at the other end."""

    async def read(self, stream: str) -> bytes:
        """Return what came on `stdout` or `stderr`, empty at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Give it input."""
        ...

    async def close_stdin(self) -> None:
        """End its input."""
        ...

    def resize(self, width: int, height: int) -> None:
        """Set the size of its terminal, in characters."""
        ...

    async def wait(self) -> int:
        """Return its exit code once it is over."""
        ...

    async def close(self) -> None:
        """Let go of it; a command that still runs is killed."""
        ...


class NodeProxy(Protocol):
    """How the API server reaches the node agents."""

    async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
        """Return the log of a container in chunks."""
        ...

    async def execute(
        self, namespace: str, pod: str, container: str, command: list[str], streams: frozenset[str]
    ) -> RemoteProcess:
        """Run a command in a container; `streams` out of stdin, stdout, stderr, tty. Raises NotFound, or why it cannot start."""
        ...

    async def attach(self, namespace: str, pod: str, container: str, streams: frozenset[str]) -> RemoteProcess:
        """Connect to a container's own program; raises NotFound."""
        ...

    async def answer(self, node: str, request: Request) -> Response:
        """Answer what is asked of a node itself, as kubelet does at these paths; raises NotFound."""
        ...

    async def dial(self, namespace: str, pod: str, port: int, *, is_inside: bool = True, is_tls: bool = False) -> Duplex:
        """Connect to a port of a Pod, from inside it or by its address; raises Unavailable when nobody listens.

        With `is_tls` the stream is encrypted; whose certificate the Pod shows is not checked.
        """
        ...


class Conversions(Protocol):
    """How objects of custom resources get from version to version where a webhook does it."""

    def concerns(self, resource: Resource) -> bool:
        """Whether a webhook converts the objects of `resource`."""
        ...

    async def served(self, resource: Resource, items: list[Item]) -> list[Item]:
        """Return stored objects in the version of `resource`; raises StatusError when the webhook fails."""
        ...

    async def stored(self, resource: Resource, obj: Obj) -> Obj:
        """Return an object of `resource` in the version it is stored in; raises StatusError when the webhook fails."""
        ...

    async def converted(self, resource: Resource, obj: Obj, wanted: str) -> Obj:
        """Return an object of `resource` in the version `wanted` (`group/version`)."""
        ...


class Backend:
    """Shared state of the stages; built by the server, passed to functions."""

    def __init__(self, store: Store, scheme: Scheme, clock: Clock, entropy: Entropy, faults: Faults, config: Config) -> None:
        """Keep the parts."""
        self.store, self.scheme, self.clock, self.entropy = store, scheme, clock, entropy
        self.faults, self.config = faults, config
        self.cache = WatchCache(store)
        self.node_proxy: NodeProxy | None = None
        self.conversions: Conversions | None = None
        """Set while any CustomResourceDefinition names a conversion webhook."""
        self.settled: Callable[[str], Awaitable[None]] | None = None
        """Waits until a CustomResourceDefinition was looked at for the first time."""
        self.service_route: Callable[[str, int], tuple[str, int]] | None = None
        """Where a Service's (cluster address, port) is reached from this process; endpoints are called directly without."""

    def now(self) -> str:
        """Return the time as objects write it."""
        return rfc3339(self.clock.now())

    def cached(self, resource: Resource) -> ResourceCache:
        """Return the cache of a resource."""
        return self.cache.resource(resource.storage_prefix)

    def find(self, group: str, plural: str, namespace: str, name: str) -> Item | None:
        """Return an object by its stored resource, or None."""
        prefix = f"/registry/{group or 'core'}/{plural}/"
        key = f"{prefix}{namespace}/{name}" if namespace else prefix + name
        return self.cache.resource(prefix).items.get(key)

    def look(self, group: str, plural: str, namespace: str, name: str) -> Obj | None:
        """Return the shared tree of an object, or None."""
        item = self.find(group, plural, namespace, name)
        return None if item is None else item.object

    def all_of(self, group: str, plural: str, namespace: str = "") -> list[Item]:
        """Return the objects of a stored resource, of one namespace or all."""
        prefix = f"/registry/{group or 'core'}/{plural}/"
        cache = self.cache.resource(prefix)
        return list(cache.scan(f"{prefix}{namespace}/" if namespace else prefix))

    async def write(self, key: str, expected: int | None, value: bytes | None, ttl_s: float = 0.0) -> int:
        """Write to the store and return the revision once readers see it; raises `Mismatch`.

        A write that lost against one still on its way to the disk raises once that one can be read: whoever tries again at
        once would only lose again.
        """
        if self.faults.plan is not None:
            await self.faults.hit("api.write", key=key)
        try:
            revision = await self.store.txn(key, expected, value, ttl_s=ttl_s)
        except Mismatch as mismatch:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WINNER_TIMEOUT_S):
                    await self.cache.wait_for(mismatch.winner)
            raise
        await self.cache.wait_for(revision)
        return revision


def meta_of(obj: Obj) -> dict[str, Any]:
    """Return the metadata of an object."""
    meta: dict[str, Any] = obj["metadata"]
    return meta

"""Which group versions are served elsewhere, and where: the APIServices with a Service, kept current by the watch cache."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

import msgspec

from pilothouse.api.meta import is_condition_true
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.outgoing import Server
from pilothouse.cluster.apiserver.watchcache.cache import Change

GROUP, PLURAL = "apiregistration.k8s.io", "apiservices"
PREFIX = f"/registry/{GROUP}/{PLURAL}/"


class Remote(msgspec.Struct, frozen=True):
    """One group version served by somebody else."""

    name: str
    group: str
    version: str
    namespace: str
    service: str
    port: int
    group_priority: int
    version_priority: int
    is_available: bool = False
    is_unverified: bool = False
    authority_pem: bytes = b""

    @property
    def path(self) -> str:
        """Where its resources are."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def server(self, certificate_pem: str, key_pem: str, *, is_checked: bool = True) -> Server:
        """Return how it is called, with the certificate this server shows; `is_checked` False trusts any certificate."""
        place = (self.namespace, self.service, self.port)
        is_unverified = self.is_unverified or not is_checked
        authority = self.authority_pem if is_checked else b""
        url = f"https://{self.service}.{self.namespace}.svc:{self.port}"
        return Server(url, authority, is_unverified, place, certificate_pem.encode(), key_pem.encode())


def remote_of(tree: Obj) -> Remote | None:
    """Return the server an APIService names; None for one that is served here."""
    spec = tree["spec"]
    service = spec.get("service")
    if service is None:
        return None
    try:
        authority = base64.b64decode(spec.get("caBundle") or "")
    except (binascii.Error, ValueError):
        authority = b""
    return Remote(
        tree["metadata"]["name"], spec.get("group", ""), spec.get("version", ""), service.get("namespace", ""),
        service.get("name", ""), service.get("port") or 443, spec.get("groupPriorityMinimum", 0), spec.get("versionPriority", 0),
        is_condition_true(tree, "Available"), bool(spec.get("insecureSkipTLSVerify")), authority,
    )  # fmt: skip


class Remotes:
    """The table of remote group versions."""

    def __init__(self, backend: Backend) -> None:
        """Follow APIServices."""
        self.backend = backend
        self.table: dict[tuple[str, str], Remote] = {}
        self.on_change: Callable[[str], None] = lambda name: None
        """Called with the name of each APIService that changed."""
        backend.cache.on_change.append(self._on_change)

    def load(self) -> None:
        """Read what is stored."""
        for item in self.backend.all_of(GROUP, PLURAL):
            self._take(item.name, item.object)

    def _on_change(self, prefix: str, change: Change) -> None:
        if prefix != PREFIX:
            return
        item = change[1] or change[2]
        assert item is not None
        self._take(item.name, None if change[1] is None else change[1].object)
        self.on_change(item.name)

    def _take(self, name: str, tree: Obj | None) -> None:
        remote = None if tree is None else remote_of(tree)
        version, _, group = name.partition(".")
        if remote is None:
            self.table.pop((group, version), None)
        else:
            self.table[group, version] = remote

    def find(self, path: str) -> Remote | None:
        """Return who serves a path, None when this server does."""
        parts = path.split("/", 4)
        if len(parts) >= 4 and parts[1] == "apis":
            return self.table.get((parts[2], parts[3]))
        return self.table.get(("", parts[2])) if len(parts) >= 3 and parts[1] == "api" else None

    def priorities(self) -> dict[str, int]:
        """Return the highest priority of each group, of servers here and elsewhere."""
        out: dict[str, int] = {}
        for item in self.backend.all_of(GROUP, PLURAL):
            spec = item.object["spec"]
            group = spec.get("group", "")
            out[group] = max(out.get(group, 0), spec.get("groupPriorityMinimum", 0))
        return out

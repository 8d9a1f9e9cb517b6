"""The Application as the controller reads it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.types.source import Source, read_sources

GROUP = "argoproj.io"
VERSION = "v1alpha1"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
TRACKING = "argocd.argoproj.io/tracking-id"
REFRESH = "argocd.argoproj.io/refresh"
LOCAL_SERVER = "https://kubernetes.default.svc"
LOCAL_NAME = "in-cluster"
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


class Retry(msgspec.Struct, frozen=True):
    """How often a failed sync is tried again, and after how many seconds."""

    limit: int = 0
    """Tries after the first; below zero means without end."""
    base_s: float = 5.0
    factor: float = 2.0
    max_s: float = 180.0

    def wait_s(self, attempt: int) -> float:
        """Return the seconds before try number `attempt` (the first retry is 0)."""
        return min(self.max_s, self.base_s * self.factor ** min(attempt, 60))


class SyncPolicy(msgspec.Struct, frozen=True):
    """What happens without being asked."""

    is_automated: bool = False
    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False
    options: frozenset[str] = frozenset()
    retry: Retry = Retry()
    namespace_metadata: dict[str, Any] | None = None
    """Labels and annotations of the destination namespace (managedNamespaceMetadata), None when it is left alone."""


class App(msgspec.Struct, frozen=True):
    """An Application, checked."""

    name: str
    namespace: str
    project: str
    source: Source
    destination_namespace: str
    policy: SyncPolicy
    tree: Tree
    server: str = LOCAL_SERVER
    """URL of the destination cluster; empty when only its name is given."""
    cluster: str = ""
    """Name of the destination cluster; empty when its URL is given."""
    sources: tuple[Source, ...] = ()
    """Every source; `source` is the first of them."""

    def has_option(self, option: str) -> bool:
        """Whether the sync option (`CreateNamespace=true`) is set for the whole Application."""
        return option in self.policy.options

    @property
    def is_local(self) -> bool:
        """Whether the destination is the cluster of the controller itself."""
        return self.cluster in {"", LOCAL_NAME} and (not self.server or "kubernetes.default" in self.server)

    @property
    def spec(self) -> Tree:
        """The spec as written."""
        spec: Tree = self.tree.get("spec") or {}
        return spec

    @property
    def status(self) -> Tree:
        """The status as last stored."""
        status: Tree = self.tree.get("status") or {}
        return status


def seconds(text: Any, default: float) -> float:
    """Return the seconds of a Go duration (`1m30s`); a bare number counts seconds, nonsense gives the default."""
    value = str(text if text is not None else "").strip()
    if _DURATION.fullmatch(value):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(value))
    return float(value) if value.isdigit() else default


def read_retry(raw: Tree) -> Retry:
    """Return the retry strategy of a sync policy or of an operation."""
    backoff = raw.get("backoff") or {}
    return Retry(
        int(raw.get("limit") or 0), seconds(backoff.get("duration"), 5.0), float(backoff.get("factor") or 2),
        seconds(backoff.get("maxDuration"), 180.0),
    )  # fmt: skip


def read_policy(raw: Tree) -> SyncPolicy:
    """Return the checked spec.syncPolicy."""
    automated = raw.get("automated")
    enabled = automated is not None and automated.get("enabled", True) is not False
    automated = automated or {}
    return SyncPolicy(
        is_automated=enabled,
        prune=enabled and bool(automated.get("prune")),
        self_heal=enabled and bool(automated.get("selfHeal")),
        allow_empty=enabled and bool(automated.get("allowEmpty")),
        options=frozenset(str(option) for option in raw.get("syncOptions") or ()),
        retry=read_retry(raw.get("retry") or {}),
        namespace_metadata=raw.get("managedNamespaceMetadata"),
    )


def read_app(tree: Tree) -> App:
    """Return the checked Application; raises `SourceInvalid` or `SourceNotSupported`."""
    spec = tree.get("spec") or {}
    destination = spec.get("destination") or {}
    server, cluster = str(destination.get("server") or ""), str(destination.get("name") or "")
    namespace = str(destination.get("namespace") or "default")
    sources = read_sources(spec)
    return App(
        name_of(tree), namespace_of(tree), str(spec.get("project") or "default"), sources[0], namespace,
        read_policy(spec.get("syncPolicy") or {}), tree, server, cluster, sources,
    )  # fmt: skip


def tracking_id(app: App, group: str, kind: str, namespace: str, name: str) -> str:
    """Return the annotation that says which Application an object belongs to."""
    return f"{app.name}:{group}/{kind}:{namespace}/{name}"


def app_of(tree: Tree) -> str:
    """Return the name of the Application an object is tracked by, empty for none."""
    return str((metadata(tree).get("annotations") or {}).get(TRACKING, "")).partition(":")[0]

"""The Application as the controller reads it, and the definitions of the kinds."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported

GROUP = "argoproj.io"
VERSION = "v1alpha1"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
TRACKING = "argocd.argoproj.io/tracking-id"
REFRESH = "argocd.argoproj.io/refresh"


class Source(msgspec.Struct, frozen=True):
    """Where manifests come from."""

    repo_url: str
    path: str
    target_revision: str = "HEAD"
    helm: dict[str, Any] = {}
    directory: dict[str, Any] = {}


def is_local(repo_url: str) -> bool:
    """Whether a repository is on this machine, so that looking at it often costs nothing."""
    return repo_url.startswith(("file://", "/"))


class SyncPolicy(msgspec.Struct, frozen=True):
    """What happens without being asked."""

    is_automated: bool = False
    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False
    options: frozenset[str] = frozenset()
    retry_limit: int = 0
    retry_base_s: float = 5.0
    retry_max_s: float = 180.0


class App(msgspec.Struct, frozen=True):
    """An Application, checked."""

    name: str
    namespace: str
    project: str
    source: Source
    destination_namespace: str
    policy: SyncPolicy
    tree: Tree

    def has_option(self, option: str) -> bool:
        """Whether the sync option (`CreateNamespace=true`) is set for the whole Application."""
        return option in self.policy.options


def _seconds(text: Any, default: float) -> float:
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    value = str(text or "")
    if value[-1:] in units and value[:-1].replace(".", "", 1).isdigit():
        return float(value[:-1]) * units[value[-1]]
    return default


def _policy(raw: Tree) -> SyncPolicy:
    automated = raw.get("automated")
    retry = raw.get("retry") or {}
    backoff = retry.get("backoff") or {}
    enabled = automated is not None and automated.get("enabled", True) is not False
    return SyncPolicy(
        is_automated=enabled,
        prune=enabled and bool((automated or {}).get("prune")),
        self_heal=enabled and bool((automated or {}).get("selfHeal")),
        allow_empty=enabled and bool((automated or {}).get("allowEmpty")),
        options=frozenset(raw.get("syncOptions") or ()),
        retry_limit=int(retry.get("limit") or 0),
        retry_base_s=_seconds(backoff.get("duration"), 5.0),
        retry_max_s=_seconds(backoff.get("maxDuration"), 180.0),
    )


def read_app(tree: Tree) -> App:
    """Return the checked Application; raises `SourceInvalid` or `SourceNotSupported`."""
    spec = tree.get("spec") or {}
    if spec.get("sources"):
        raise SourceNotSupported("spec.sources: several sources are not supported yet", fix="use spec.source")
    raw = spec.get("source") or {}
    if not raw.get("repoURL"):
        raise SourceInvalid("spec.source.repoURL is not set")
    if raw.get("chart"):
        raise SourceNotSupported("spec.source.chart: charts from Helm repositories are not supported yet", fix="use a Git source")
    for name in ("kustomize", "plugin"):
        if raw.get(name):
            raise SourceNotSupported(
                f"spec.source.{name} is not supported yet", fix="use a directory of manifests or a Helm chart"
            )
    server = (spec.get("destination") or {}).get("server", "https://kubernetes.default.svc")
    if (spec.get("destination") or {}).get("name") not in {None, "", "in-cluster"} or "kubernetes.default" not in server:
        raise SourceNotSupported(f"destination {server} is not this cluster; other clusters are not supported yet")
    source = Source(
        str(raw["repoURL"]), str(raw.get("path") or "."), str(raw.get("targetRevision") or "HEAD"),
        raw.get("helm") or {}, raw.get("directory") or {},
    )  # fmt: skip
    namespace = str((spec.get("destination") or {}).get("namespace") or "default")
    return App(
        name_of(tree), namespace_of(tree), str(spec.get("project") or "default"), source, namespace,
        _policy(spec.get("syncPolicy") or {}), tree,
    )  # fmt: skip


def tracking_id(app: App, group: str, kind: str, namespace: str, name: str) -> str:
    """Return the annotation that says which Application an object belongs to."""
    return f"{app.name}:{group}/{kind}:{namespace}/{name}"


def app_of(tree: Tree) -> str:
    """Return the name of the Application an object is tracked by, empty for none."""
    return str((metadata(tree).get("annotations") or {}).get(TRACKING, "")).partition(":")[0]


def _definition(kind: str, plural: str, short: list[str], columns: list[Tree]) -> Tree:
    any_object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    properties: Tree = {"spec": any_object, "status": any_object}
    if kind == "Application":
        properties["operation"] = any_object
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower(), "shortNames": short},
            "versions": [
                {
                    "name": VERSION, "served": True, "storage": True, "additionalPrinterColumns": columns,
                    "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": properties}},
                }
            ],
        },
    }  # fmt: skip


def definitions() -> list[Tree]:
    """Return the CustomResourceDefinitions. As in Argo CD, status is no subresource."""
    columns: list[Tree] = [
        {"name": "Sync Status", "type": "string", "jsonPath": ".status.sync.status"},
        {"name": "Health Status", "type": "string", "jsonPath": ".status.health.status"},
        {"name": "Revision", "type": "string", "jsonPath": ".status.sync.revision", "priority": 10},
        {"name": "Project", "type": "string", "jsonPath": ".spec.project", "priority": 10},
    ]
    return [
        _definition("Application", "applications", ["app", "apps"], columns),
        _definition("AppProject", "appprojects", ["appproj", "appprojs"], []),
    ]

"""From what the user typed to a kind: `po`, `deploy/web`, `certificates.cert-manager.io`.

Common built-in kinds are known here, so that they cost no request; all others are asked from the server's discovery.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pilothouse.app.cli.access import Api, RequestFailed
from pilothouse.kit.errors import BadRequest, NotFound


class Named(NamedTuple):
    """A kind as the command line needs it."""

    root: str
    """`/api/v1` or `/apis/apps/v1`."""
    plural: str
    is_namespaced: bool
    kind: str

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the URL path."""
        parts = [self.root]
        if self.is_namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)

    @property
    def group_name(self) -> str:
        """The prefix of `-o name`: `pod`, `deployment.apps`."""
        group = self.root.removeprefix("/apis/").rpartition("/")[0] if self.root.startswith("/apis/") else ""
        return f"{self.kind.lower()}.{group}" if group else self.kind.lower()


class UnknownKind(NotFound):
    """The server has no such kind."""

    reason = "UnknownKind"


_CORE, _APPS, _BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"
_KNOWN: tuple[tuple[str, Named], ...] = (
    ("po pod pods", Named(_CORE, "pods", True, "Pod")),
    ("svc service services", Named(_CORE, "services", True, "Service")),
    ("ns namespace namespaces", Named(_CORE, "namespaces", False, "Namespace")),
    ("no node nodes", Named(_CORE, "nodes", False, "Node")),
    ("cm configmap configmaps", Named(_CORE, "configmaps", True, "ConfigMap")),
    ("secret secrets", Named(_CORE, "secrets", True, "Secret")),
    ("sa serviceaccount serviceaccounts", Named(_CORE, "serviceaccounts", True, "ServiceAccount")),
    ("ev event events", Named(_CORE, "events", True, "Event")),
    ("pvc persistentvolumeclaim persistentvolumeclaims", Named(_CORE, "persistentvolumeclaims", True, "PersistentVolumeClaim")),
    ("pv persistentvolume persistentvolumes", Named(_CORE, "persistentvolumes", False, "PersistentVolume")),
    ("deploy deployment deployments", Named(_APPS, "deployments", True, "Deployment")),
    ("rs replicaset replicasets", Named(_APPS, "replicasets", True, "ReplicaSet")),
    ("sts statefulset statefulsets", Named(_APPS, "statefulsets", True, "StatefulSet")),
    ("ds daemonset daemonsets", Named(_APPS, "daemonsets", True, "DaemonSet")),
    ("job jobs", Named(_BATCH, "jobs", True, "Job")),
    ("cj cronjob cronjobs", Named(_BATCH, "cronjobs", True, "CronJob")),
)
ALL = ("pods", "services", "daemonsets", "deployments", "replicasets", "statefulsets", "cronjobs", "jobs")
"""What `get all` lists."""


def find(api: Api, word: str) -> Named:
    """Return the kind called `word`; raises `UnknownKind` with near names."""
    lowered = word.lower()
    for words, named in _KNOWN:
        if lowered in words.split():
            return named
    served = list(discover(api))
    for resource, named in served:
        group = named.root.removeprefix("/apis/").rpartition("/")[0]
        names = {resource["name"], resource.get("singularName", ""), resource["kind"].lower(), *resource.get("shortNames", ())}
        if lowered in names or any(lowered == f"{name}.{group}" for name in names if name):
            return named
    raise _unknown(word, [resource["name"] for resource, _ in served])


def _unknown(word: str, known: list[str]) -> UnknownKind:
    import difflib

    near = difflib.get_close_matches(word, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "`pilothouse api-resources` lists what there is"
    return UnknownKind(f"the server doesn't have a resource type {word!r}", fix=hint)


def discover(api: Api) -> list[tuple[dict[str, Any], Named]]:
    """Return every served resource, preferred versions first."""
    groups = api.json("GET", "/apis").get("groups") or []
    roots = [_CORE] + [f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups]
    found: list[tuple[dict[str, Any], Named]] = []
    for root in roots:
        for resource in api.json("GET", root).get("resources") or ():
            if "/" not in resource["name"]:
                found.append((resource, Named(root, resource["name"], resource["namespaced"], resource["kind"])))
    return found


def targets(api: Api, words: list[str]) -> list[tuple[Named, str]]:
    """Read `TYPE`, `TYPE NAME...`, `TYPE/NAME...` and `TYPE,TYPE`; a missing name is empty."""
    if not words:
        raise BadRequest("you must name a type", fix="pilothouse get pods, pilothouse get deploy/web")
    if all("/" in word for word in words):
        return [(find(api, kind), name) for kind, _, name in (word.partition("/") for word in words)]
    if any("/" in word for word in words):
        raise BadRequest("write either TYPE NAME ... or TYPE/NAME ..., not both")
    kinds: list[str] = [kind for kind in words[0].split(",") if kind]
    if kinds == ["all"]:
        kinds = list(ALL)
    return [(find(api, kind), name) for kind in kinds for name in (words[1:] or [""])]


def from_manifest(api: Api, manifest: dict[str, Any]) -> Named:
    """Return the kind of a manifest; raises `UnknownKind` or `BadRequest`."""
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        raise BadRequest("a manifest has no apiVersion or kind", fix="every document of a manifest needs both")
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    for _, named in _KNOWN:
        if (named.root, named.kind) == (root, kind):
            return named
    try:
        resources = api.json("GET", root).get("resources") or ()
    except RequestFailed:
        resources = ()
    for resource in resources:
        if resource["kind"] == kind and "/" not in resource["name"]:
            return Named(root, resource["name"], resource["namespaced"], kind)
    raise UnknownKind(
        f'no matches for kind "{kind}" in version "{version}"',
        fix="install the CustomResourceDefinition first, or check apiVersion and kind",
    )


def pod_of(api: Api, word: str) -> str:
    """Return the Pod meant: itself, or the first one that the named object selects."""
    kind, slash, name = word.partition("/")
    if not slash:
        return word
    if kind in {"po", "pod", "pods"}:
        return name
    named, _ = targets(api, [word])[0]
    spec = api.json("GET", named.path(api.namespace, name))["spec"]
    selector = spec.get("selector") or {}
    labels = selector.get("matchLabels", selector)
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = api.json("GET", f"/api/v1/namespaces/{api.namespace}/pods", {"labelSelector": text}).get("items") or []
    if not pods:
        raise NotFound(f"{word} selects no Pods", fix=f"pilothouse get pods -n {api.namespace} shows what there is")
    return str(pods[0]["metadata"]["name"])

"""NodeRestriction: what of an object a node agent may write.

The authorizer lets a node write Nodes, Pods and Leases without seeing them; this stage sees them. A node changes its own Node
(not its taints, nor labels that steer work to it), makes mirror Pods that refer to nothing, reports on and removes its own Pods,
and asks only for tokens bound to them. Rules and words are those of the reference server.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.authz.nodes import LEASES, node_of
from pilothouse.cluster.apiserver.authz.references import MIRROR, pod_references
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import forbidden, not_found

_LABELS = frozenset(
    (
        "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "node.kubernetes.io/windows-build",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
        "failure-domain.kubernetes.io/zone", "failure-domain.kubernetes.io/region",
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
    )
)  # fmt: skip
_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_OWNED = ("kubernetes.io", "k8s.io")
_RESTRICTED = "node-restriction.kubernetes.io"


class NodeRestriction(Stage):
    """The stage."""

    def __init__(self, backend: Backend) -> None:
        """Look Pods and Nodes up in `backend`."""
        self._backend = backend
        self._checks: dict[tuple[str, str], Callable[[str, Call, Obj, Obj | None], str]] = {
            ("", "nodes"): _node, ("", "pods"): self._pod, ("", "persistentvolumeclaims"): _claim,
            ("coordination.k8s.io", "leases"): _lease, ("storage.k8s.io", "csinodes"): _csi_node,
            ("resource.k8s.io", "resourceslices"): _slice,
        }  # fmt: skip

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse what a node may not write."""
        node = node_of(call.user)
        if node is None:
            return
        if not node:
            raise forbidden(call.resource, call.name, f'could not determine node from user "{call.user.name}"')
        check = self._checks.get((call.resource.group, call.resource.plural))
        why = check(node, call, obj, old) if check is not None else ""
        if why:
            raise forbidden(call.resource, call.name or obj["metadata"].get("name", ""), why)

    def _pod(self, node: str, call: Call, obj: Obj, old: Obj | None) -> str:
        if call.subresource is not None:
            return _pod_status(node, call.subresource.name, obj, old)
        if old is not None:
            return f'unexpected operation "UPDATE", node "{node}" can only create and delete mirror pods'
        if call.verb == "delete":
            is_own = (obj.get("spec") or {}).get("nodeName") == node
            return "" if is_own else f'node "{node}" can only delete pods with spec.nodeName set to itself'
        return self._mirror(node, call, obj)

    def _mirror(self, node: str, call: Call, pod: Obj) -> str:
        meta, spec = pod["metadata"], pod.get("spec") or {}
        if MIRROR not in (meta.get("annotations") or {}):
            return f'pod does not have "{MIRROR}" annotation, node "{node}" can only create mirror pods'
        if spec.get("nodeName") != node:
            return f'node "{node}" can only create pods with spec.nodeName set to itself'
        return self._owner(node, meta.get("ownerReferences") or []) or _referred(node, call, pod)

    def _owner(self, node: str, owners: list[Obj]) -> str:
        own = self._backend.look("", "nodes", "", node)
        named = [(owner.get("apiVersion"), owner.get("kind"), owner.get("name")) for owner in owners]
        if named != [("v1", "Node", node)]:
            return f'node "{node}" can only create pods with a single owner reference set to itself'
        if not owners[0].get("controller"):
            return f'node "{node}" can only create pods with a controller owner reference set to itself'
        if owners[0].get("blockOwnerDeletion"):
            return f'node "{node}" must not set blockOwnerDeletion on an owner reference'
        if own is None or own["metadata"].get("uid") != owners[0].get("uid"):
            return f'node "{node}" UID mismatch: the owner reference names another one'
        return ""


def _referred(node: str, call: Call, pod: Obj) -> str:
    """Return why a mirror Pod is refused: it refers to something that its node could read because of it."""
    bare = {**pod, "metadata": {**pod["metadata"], "annotations": {}, "namespace": call.namespace, "name": "-"}}
    words = {"serviceaccounts": "a service account"}
    for plural, _, _ in sorted(pod_references(bare)):
        if plural != "pods":
            return f'node "{node}" can not create pods that reference {words.get(plural, plural)}'
    sources = [entry for volume in (pod.get("spec") or {}).get("volumes") or () for entry in _sources(volume)]
    if any("clusterTrustBundle" in entry or "serviceAccountToken" in entry for entry in sources):
        return f'node "{node}" can not create pods that reference clustertrustbundles or service account tokens'
    return ""


def _sources(volume: Obj) -> list[Obj]:
    return list((volume.get("projected") or {}).get("sources") or ())


def _pod_status(node: str, subresource: str, obj: Obj, old: Obj | None) -> str:
    if subresource != "status" or old is None:
        return f"unexpected pod subresource \"{subresource}\", only 'status' and 'eviction' are allowed"
    if (old.get("spec") or {}).get("nodeName") != node:
        return f'node "{node}" can only report on pods with spec.nodeName set to itself'
    if (old["metadata"].get("labels") or {}) != (obj["metadata"].get("labels") or {}):
        return f'node "{node}" cannot update labels through pod status'
    before, after = ((found.get("status") or {}).get("resourceClaimStatuses") or [] for found in (old, obj))
    return "" if before == after else f'node "{node}" cannot update resource claim statues'


def _node(node: str, call: Call, obj: Obj, old: Obj | None) -> str:
    name = call.name or obj["metadata"].get("name", "")
    if name != node:
        return f'node "{node}" is not allowed to modify node "{name}"'
    spec, before = obj.get("spec") or {}, (old or {}).get("spec") or {}
    if spec.get("configSource") and spec["configSource"] != before.get("configSource"):
        return f'node "{node}" is not allowed to set configSource'
    if old is not None and (spec.get("taints") or []) != (before.get("taints") or []):
        return f'node "{node}" is not allowed to modify taints'
    refused = _forbidden_labels(obj["metadata"].get("labels") or {}, ((old or {}).get("metadata") or {}).get("labels") or {})
    if not refused or call.verb == "delete":
        return ""
    shown = ", ".join(refused)
    return (
        f"is not allowed to modify labels: {shown}"
        if old is not None
        else (f'node "{node}" is not allowed to set the following labels: {shown}')
    )


def _forbidden_labels(new: dict[str, str], old: dict[str, str]) -> list[str]:
    changed = {key for key in {*new, *old} if new.get(key) != old.get(key)}
    return sorted(key for key in changed if _is_forbidden(key))


def _is_below(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _is_forbidden(label: str) -> bool:
    domain, slash, _ = label.partition("/")
    if not slash:
        return False
    if _is_below(domain, (_RESTRICTED,)):
        return True
    return _is_below(domain, _OWNED) and label not in _LABELS and not _is_below(domain, _DOMAINS)


def _claim(node: str, call: Call, obj: Obj, old: Obj | None) -> str:
    if call.subresource is None or call.subresource.name != "status" or old is None:
        return "may only update PVC status"
    kept = ("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses")
    if _without(obj, kept) == _without(old, kept):
        return ""
    return f'node "{node}" is not allowed to update fields other than status.capacity and status.conditions'


def _without(claim: Obj, status_fields: tuple[str, ...]) -> Obj:
    meta = {key: value for key, value in claim["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    status = {key: value for key, value in (claim.get("status") or {}).items() if key not in status_fields}
    return {"metadata": meta, "spec": claim.get("spec"), "status": status}


def _lease(node: str, call: Call, obj: Obj, old: Obj | None) -> str:
    if call.namespace != LEASES:
        return f'can only access leases in the "{LEASES}" system namespace'
    is_own = (call.name or obj["metadata"].get("name")) == node
    return "" if is_own else "can only access node lease with the same name as the requesting node"


def _csi_node(node: str, call: Call, obj: Obj, old: Obj | None) -> str:
    is_own = (call.name or obj["metadata"].get("name")) == node
    return "" if is_own else "can only access CSINode with the same name as the requesting node"


def _slice(node: str, call: Call, obj: Obj, old: Obj | None) -> str:
    is_own = (obj.get("spec") or {}).get("nodeName") == node
    return "" if is_own else "can only create, change and delete ResourceSlices with the same NodeName as the requesting node"


def restrict_eviction(backend: Backend, call: Call) -> None:
    """Refuse a node that evicts a Pod of another node."""
    node = node_of(call.user)
    pod = None if node is None else backend.look("", "pods", call.namespace, call.name)
    if pod is not None and (pod.get("spec") or {}).get("nodeName") != node:
        raise forbidden(call.resource, call.name, f"node {node} can only evict pods with spec.nodeName set to itself")


def restrict_token(backend: Backend, call: Call, bound: Obj | None) -> None:
    """Refuse a node that asks for a token which is not bound to a Pod of its own that uses the account."""
    node = node_of(call.user)
    if node is None:
        return
    why, reference = "", bound or {}
    pod = backend.look("", "pods", call.namespace, reference.get("name", ""))
    if (reference.get("apiVersion"), reference.get("kind")) != ("v1", "Pod") or not reference.get("name"):
        why = "node requested token not bound to a pod"
    elif not reference.get("uid"):
        why = "node requested token with a pod binding without a uid"
    elif pod is None:
        raise not_found(call.resource, call.name)
    elif reference["uid"] != pod["metadata"].get("uid"):
        why = f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record"
    elif (pod.get("spec") or {}).get("nodeName") != node:
        why = "node requested token bound to a pod scheduled on a different node"
    if why:
        raise forbidden(call.resource, call.name, why)

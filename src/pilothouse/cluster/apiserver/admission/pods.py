"""What the server adds to Pods: ServiceAccount and its token volume, priority, tolerations for failing nodes."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import forbidden

_TOKEN_VOLUME = "kube-api-access-"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_SYSTEM = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_MIRROR = "kubernetes.io/config.mirror"


def _is_pod_create(call: Call, old: Obj | None) -> bool:
    return (
        call.resource.kind == "Pod" and not call.resource.group and old is None and call.verb == "create" and not call.subresource
    )


def _is_pod_update(call: Call, old: Obj | None) -> bool:
    return call.resource.kind == "Pod" and not call.resource.group and old is not None and not call.subresource


class ServiceAccounts(Stage):
    """The ServiceAccount admission stage."""

    kinds = frozenset(("Pod",))

    def __init__(self, backend: Backend) -> None:
        """Look accounts up in the cache."""
        self.backend = backend

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Set the account of a Pod and mount its token."""
        if not _is_pod_create(call, old) or _MIRROR in (obj["metadata"].get("annotations") or {}):
            return
        spec = obj["spec"]
        name = spec.setdefault("serviceAccountName", "default")
        spec["serviceAccount"] = name
        account = self.backend.look("", "serviceaccounts", call.namespace, name)
        if account is None:
            await self.backend.cache.current()
            account = self.backend.look("", "serviceaccounts", call.namespace, name)
        if account is None:
            why = f'error looking up service account {call.namespace}/{name}: serviceaccount "{name}" not found'
            raise forbidden(call.resource, obj["metadata"].get("name", ""), why)
        wants = spec.get("automountServiceAccountToken")
        if wants is None:
            wants = account.get("automountServiceAccountToken", True)
        if wants:
            self._mount(spec)
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(item) for item in account["imagePullSecrets"]]

    def _mount(self, spec: Obj) -> None:
        known = [volume["name"] for volume in spec.get("volumes") or () if volume.get("name", "").startswith(_TOKEN_VOLUME)]
        name = known[0] if known else _TOKEN_VOLUME + self.backend.entropy.suffix()
        needs = False
        for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
            mounts = container.setdefault("volumeMounts", [])
            if any(mount.get("mountPath") == TOKEN_PATH for mount in mounts):
                continue
            mounts.append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})
            needs = True
        if needs and not known:
            spec["volumes"] = [*(spec.get("volumes") or ()), _token_volume(name)]


def _token_volume(name: str) -> Obj:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}


class Priorities(Stage):
    """The Priority admission stage."""

    kinds = frozenset(("Pod", "PriorityClass"))

    def __init__(self, backend: Backend) -> None:
        """Look classes up in the cache."""
        self.backend = backend

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Set the priority of a Pod from its class, or the global default."""
        if not _is_pod_create(call, old):
            return
        spec, name = obj["spec"], obj["spec"].get("priorityClassName", "")
        value, policy = 0, "PreemptLowerPriority"
        if name:
            found = self.backend.look("scheduling.k8s.io", "priorityclasses", "", name)
            if found is None:
                why = f"no PriorityClass with name {name} was found"
                raise forbidden(call.resource, obj["metadata"].get("name", ""), why)
            value, policy = found.get("value", 0), found.get("preemptionPolicy", policy)
        else:
            default = self._default()
            if default is not None:
                spec["priorityClassName"] = default["metadata"]["name"]
                value, policy = default.get("value", 0), default.get("preemptionPolicy", policy)
        if spec.get("priority") is not None and spec["priority"] != value:
            why = f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; priority admission "
            why += f"controller computed {value} from the given PriorityClass name"
            raise forbidden(call.resource, obj["metadata"].get("name", ""), why)
        spec["priority"] = value
        spec.setdefault("preemptionPolicy", policy)

    def _default(self) -> Obj | None:
        found: Obj | None = None
        for item in self.backend.all_of("scheduling.k8s.io", "priorityclasses"):
            tree = item.object
            if tree.get("globalDefault") and (found is None or tree["value"] < found["value"]):
                found = tree
        return found

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse a second global default."""
        if call.resource.kind != "PriorityClass" or not obj.get("globalDefault") or call.verb == "delete":
            return
        default = self._default()
        if default is not None and default["metadata"]["name"] != obj["metadata"]["name"]:
            why = f"PriorityClass {default['metadata']['name']} is already marked as default. Only one default can exist"
            raise forbidden(call.resource, obj["metadata"].get("name", ""), why)


class Tolerations(Stage):
    """DefaultTolerationSeconds and the taints of new nodes."""

    kinds = frozenset(("Pod", "Node"))

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Let Pods tolerate a failing node for five minutes; new nodes are not ready."""
        if call.resource.kind == "Node" and old is None and call.verb == "create" and not call.subresource:
            taint = {"key": _TAINTS[0], "effect": "NoSchedule"}
            taints = obj.setdefault("spec", {}).setdefault("taints", [])
            if not any(item.get("key") == taint["key"] and item.get("effect") == taint["effect"] for item in taints):
                taints.append(taint)
        if not (_is_pod_create(call, old) or _is_pod_update(call, old)):
            return
        tolerations = list(obj["spec"].get("tolerations") or ())
        for key in _TAINTS:
            if not any(_tolerates(toleration, key) for toleration in tolerations):
                tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
        obj["spec"]["tolerations"] = tolerations


def _tolerates(toleration: Obj, key: str) -> bool:
    if toleration.get("effect") not in ("NoExecute", None, ""):
        return False
    return toleration.get("key") == key or (not toleration.get("key") and toleration.get("operator") == "Exists")

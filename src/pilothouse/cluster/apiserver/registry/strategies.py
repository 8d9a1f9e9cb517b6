"""What the server itself sets on objects of a kind, before validation.

`prepare_create` and `prepare_update` change an object in place: status is cleared or kept, generation counted, fields a client
may not set restored. Rules of single kinds are small functions in the tables at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.context import Obj

_REACHABLE = ("NodePort", "LoadBalancer")
NO_STATUS = frozenset(("Event", "Endpoints", "ConfigMap", "Secret"))
Prepare = Callable[[Obj, Obj | None], None]


def has_status(resource: Resource) -> bool:
    """Whether the main endpoint ignores status."""
    return "status" in resource.subresources


def prepare_create(resource: Resource, obj: Obj) -> None:
    """Prepare a new object."""
    if has_status(resource) and (resource.group, resource.kind) != ("", "Node"):
        initial = _INITIAL_STATUS.get(resource.kind)
        if initial is not None:
            obj["status"] = initial(obj)
        else:
            _reset_status(resource, obj)
    if resource.generation:
        obj["metadata"]["generation"] = 1
    else:
        obj["metadata"].pop("generation", None)
    prepare = _PREPARE.get(resource.kind)
    if prepare is not None:
        prepare(obj, None)


def _reset_status(resource: Resource, obj: Obj) -> None:
    obj.pop("status", None)
    schema = resource.schema.properties.get("status")
    if schema is None or resource.is_custom:
        return
    if "x-present" in schema.raw:
        from pilothouse.api.schema.decode import fillers

        obj["status"] = {key: make() for key, make in fillers(schema)}


def prepare_update(resource: Resource, obj: Obj, old: Obj) -> None:
    """Prepare the new form of an object of the main endpoint."""
    if has_status(resource):
        _keep(obj, old, "status")
    prepare = _PREPARE.get(resource.kind)
    if prepare is not None:
        prepare(obj, old)
    count_generation(resource, obj, old)


def prepare_status(resource: Resource, obj: Obj, old: Obj) -> Obj:
    """Return the object a write to the status subresource makes: the old one with the new status."""
    out = {**old, "metadata": obj["metadata"]}
    _keep(out, obj, "status")
    if resource.is_custom:
        metadata = {**old["metadata"]}
        _keep(metadata, obj["metadata"], "managedFields")
        metadata["resourceVersion"] = obj["metadata"].get("resourceVersion", "")
        out["metadata"] = metadata
    elif resource.kind == "Deployment":
        _keep(out["metadata"], old["metadata"], "labels")
    _keep(out["metadata"], old["metadata"], "deletionTimestamp")
    return out


def prepare_pod_part(subresource: str, obj: Obj, old: Obj) -> Obj:
    """Return the Pod a write to `ephemeralcontainers` or `resize` makes: the old one with the new form of that part."""
    new, spec = obj.get("spec") or {}, dict(old["spec"])
    if subresource == "ephemeralcontainers":
        _keep(spec, new, "ephemeralContainers")
    else:
        wanted = {item.get("name"): item for item in new.get("containers") or ()}
        spec["containers"] = [dict(item) for item in spec.get("containers") or ()]
        for container in spec["containers"]:
            for field in ("resources", "resizePolicy"):
                _keep(container, wanted.get(container.get("name"), container), field)
    return {**old, "metadata": obj["metadata"], "spec": spec}


def stamp_conditions(obj: Obj, now: str) -> None:
    """Give conditions the times their writer left out."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        condition["lastUpdateTime"] = condition.get("lastUpdateTime") or now
        condition["lastTransitionTime"] = condition.get("lastTransitionTime") or now


def stamp_phase(obj: Obj, old: Obj, now: str) -> None:
    """Note when the phase changed, unless the writer did."""
    status, before = obj.get("status") or {}, old.get("status") or {}
    key = "lastPhaseTransitionTime"
    if status.get("phase") != before.get("phase") and status.get(key) == before.get(key):
        obj["status"] = {**status, key: now}
    elif key in before and key not in status:
        obj["status"] = {**status, key: before[key]}


def _keep(obj: Obj, source: Obj, key: str) -> None:
    if key in source:
        obj[key] = source[key]
    else:
        obj.pop(key, None)


def _keep_allocated(new: Obj, before: Obj) -> None:
    kinds = new.get("type", "ClusterIP"), before.get("type", "ClusterIP")
    if "ExternalName" not in kinds:
        for field in ("clusterIP", "clusterIPs"):
            if not new.get(field) and before.get(field):
                new[field] = before[field]
    if all(kind in _REACHABLE for kind in kinds):
        ports = {(port.get("protocol", "TCP"), port.get("port")): port.get("nodePort") for port in before.get("ports") or ()}
        stated = {port.get("nodePort") for port in new.get("ports") or ()}
        for port in new.get("ports") or ():
            number = ports.get((port.get("protocol", "TCP"), port.get("port")))
            if not port.get("nodePort") and number and number not in stated:
                port["nodePort"] = number


def _sync_addresses(new: Obj, before: Obj) -> None:
    """The first address and the list of all say the same: of the two, what the writer changed decides."""
    first, found = new.get("clusterIP", ""), new.get("clusterIPs") or []
    is_first_kept = first == before.get("clusterIP", "")
    if found == (before.get("clusterIPs") or []) and not is_first_kept:
        found = [first, *found[1:]] if first else []
    elif is_first_kept and found:
        first = found[0]
    for field, value in (("clusterIP", first), ("clusterIPs", found)):
        new.pop(field, None)
        if value:
            new[field] = value


def _service(obj: Obj, old: Obj | None) -> None:
    """Keep what was allocated and left out; drop what only the former type had, unless the writer changed it as well."""
    new, before = obj["spec"], (old or {}).get("spec") or {}
    if old is None:
        if new.get("clusterIP") and not new.get("clusterIPs"):
            new["clusterIPs"] = [new["clusterIP"]]
        return
    _keep_allocated(new, before)
    _sync_addresses(new, before)
    _drop_of_former_type(new, before)


def _drop_of_former_type(new: Obj, before: Obj) -> None:
    kind, former = new.get("type", "ClusterIP"), before.get("type", "ClusterIP")
    if kind == former:
        return
    dropped: list[str] = []
    if kind == "ExternalName":
        dropped += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]
    if kind not in _REACHABLE:
        dropped += ["externalTrafficPolicy", "healthCheckNodePort"]
        ports = {port.get("nodePort") for port in before.get("ports") or ()}
        for port in new.get("ports") or ():
            if port.get("nodePort") in ports:
                port.pop("nodePort", None)
    if kind != "LoadBalancer":
        dropped += ["allocateLoadBalancerNodePorts", "loadBalancerClass"]
    for field in dropped:
        if field in new and new[field] == before.get(field):
            del new[field]


def count_generation(resource: Resource, obj: Obj, old: Obj) -> None:
    """Count up metadata.generation when the desired state changed."""
    generation = old["metadata"].get("generation", 0)
    if not resource.generation:
        obj["metadata"].pop("generation", None)
        if generation:
            obj["metadata"]["generation"] = generation
        return
    if _desired(resource, obj) != _desired(resource, old):
        generation += 1
    if generation:
        obj["metadata"]["generation"] = generation


def _desired(resource: Resource, obj: Obj) -> Any:
    skip = {"metadata", "status", "kind", "apiVersion"}
    if resource.is_custom and "status" not in resource.subresources:
        skip = {"metadata", "kind", "apiVersion"}
    rest = {key: value for key, value in obj.items() if key not in skip}
    if resource.kind == "Deployment":
        return rest, obj["metadata"].get("annotations") or {}
    if resource.kind == "EndpointSlice":
        return rest, obj["metadata"].get("labels") or {}
    return rest


def _namespace(obj: Obj, old: Obj | None) -> None:
    spec = obj.setdefault("spec", {})
    if old is None:
        finalizers = spec.get("finalizers") or []
        if "kubernetes" not in finalizers:
            spec["finalizers"] = [*finalizers, "kubernetes"]
        return
    obj["spec"] = old.get("spec", {})


def _crd(obj: Obj, old: Obj | None) -> None:
    if old is not None:
        known = list((obj.get("status") or {}).get("storedVersions") or ())
        stored = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        if any(name not in known for name in stored):
            obj["status"] = {**obj["status"], "storedVersions": [*known, *(name for name in stored if name not in known)]}
    if old is None:
        stored = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}


def _pod(obj: Obj, old: Obj | None) -> None:
    if old is None:
        from pilothouse.api.quantity.pods import qos_class

        spec = obj.get("spec") or {}
        obj["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}
        if spec.get("schedulingGates"):
            obj["status"]["conditions"] = [
                {
                    "type": "PodScheduled", "status": "False", "lastProbeTime": None,
                    "lastTransitionTime": obj["metadata"]["creationTimestamp"], "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                }
            ]  # fmt: skip
        if spec.get("terminationGracePeriodSeconds", 0) < 0:
            spec["terminationGracePeriodSeconds"] = 1


_COPIED = frozenset((("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot")))
_INITIAL_STATUS: dict[str, Callable[[Obj], Obj]] = {
    "Namespace": lambda obj: {"phase": "Active"},
    "PersistentVolumeClaim": lambda obj: {"phase": "Pending"},
}


def _job(obj: Obj, old: Obj | None) -> None:
    spec = obj["spec"]
    if old is not None or spec.get("manualSelector"):
        return
    meta, uid = obj["metadata"], obj["metadata"]["uid"]
    selector = spec.setdefault("selector", {}).setdefault("matchLabels", {})
    labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("batch.kubernetes.io/", ""):
        labels.setdefault(f"{prefix}controller-uid", uid)
        labels.setdefault(f"{prefix}job-name", meta.get("name", ""))
    selector.setdefault("batch.kubernetes.io/controller-uid", uid)
    if not meta.get("labels"):
        meta["labels"] = dict(labels)


def _daemon_set(obj: Obj, old: Obj | None) -> None:
    notes = obj["metadata"].setdefault("annotations", {})
    key = "deprecated.daemonset.template.generation"
    generation = "1"
    if old is not None:
        before = (old["metadata"].get("annotations") or {}).get(key, "1")
        changed = obj["spec"].get("template") != old["spec"].get("template")
        generation = str(int(before) + 1) if changed and before.isdigit() else before
    notes[key] = generation


def _stateful_set(obj: Obj, old: Obj | None) -> None:
    """Drop a limit that is off by default, unless the object already has it."""
    rolling = (obj["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    before = (((old or {}).get("spec") or {}).get("updateStrategy") or {}).get("rollingUpdate") or {}
    if "maxUnavailable" not in before:
        rolling.pop("maxUnavailable", None)


def _lease(obj: Obj, old: Obj | None) -> None:
    """Drop what only coordinated leader election uses, which is off by default."""
    before = (old or {}).get("spec") or {}
    for field in ("strategy", "preferredHolder"):
        if field not in before:
            (obj.get("spec") or {}).pop(field, None)


def _drop(*fields: str) -> Prepare:
    def prepare(obj: Obj, old: Obj | None) -> None:
        for field in fields:
            obj.pop(field, None)

    return prepare


def _persistent_volume(obj: Obj, old: Obj | None) -> None:
    if old is None:
        obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": obj["metadata"]["creationTimestamp"]}


def _claim(obj: Obj, old: Obj | None) -> None:
    """Drop sources that are not served; a new claim states its source in both fields, unless it is in another namespace."""
    spec, before = obj["spec"], (old or {}).get("spec") or {}
    reference = spec.get("dataSourceRef")
    if reference and reference.get("namespace") and not before.get("dataSourceRef"):
        del spec["dataSourceRef"]
        reference = None
    source = spec.get("dataSource")
    if source and not reference and not (before.get("dataSource") or before.get("dataSourceRef")) and not _is_copied(source):
        spec.pop("dataSource")
        source = None
    if old is None and source and not reference:
        spec["dataSourceRef"] = dict(source)
    elif old is None and reference and not source:
        spec["dataSource"] = dict(reference)


def _is_copied(source: Obj) -> bool:
    return (source.get("apiGroup") or "", source.get("kind")) in _COPIED


def _service_account(obj: Obj, old: Obj | None) -> None:
    """A reference to a Secret is its name."""
    if obj.get("secrets"):
        obj["secrets"] = [{"name": secret["name"]} if secret.get("name") else {} for secret in obj["secrets"]]


def _endpoint_slice(obj: Obj, old: Obj | None) -> None:
    """What former versions said about the place of endpoints goes when endpoints are written."""
    if old is None or obj.get("endpoints") != old.get("endpoints"):
        for endpoint in obj.get("endpoints") or ():
            endpoint.pop("deprecatedTopology", None)


def _signing_request(obj: Obj, old: Obj | None) -> None:
    if old is not None:
        obj["spec"] = old["spec"]


def _api_service(obj: Obj, old: Obj | None) -> None:
    if old is None and obj["spec"].get("service") is None:
        condition = {
            "type": "Available", "status": "True", "lastTransitionTime": obj["metadata"]["creationTimestamp"], "reason": "Local",
            "message": "Local APIServices are always available",
        }  # fmt: skip
        obj["status"] = {"conditions": [condition]}


_PREPARE: dict[str, Prepare] = {
    "APIService": _api_service,
    "CertificateSigningRequest": _signing_request,
    "Service": _service,
    "Namespace": _namespace,
    "CustomResourceDefinition": _crd,
    "Pod": _pod,
    "Job": _job,
    "DaemonSet": _daemon_set,
    "Lease": _lease,
    "StatefulSet": _stateful_set,
    "PersistentVolume": _persistent_volume,
    "PersistentVolumeClaim": _claim,
    "ServiceAccount": _service_account,
    "EndpointSlice": _endpoint_slice,
}

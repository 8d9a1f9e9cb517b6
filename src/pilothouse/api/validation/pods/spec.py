"""The rules of a Pod spec, in the order in which its parts are looked at."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid
from pilothouse.api.meta import names
from pilothouse.api.quantity import compare
from pilothouse.api.quantity.pods import pod_limits, pod_requests
from pilothouse.api.validation.checks import Findings, Obj, one_of, rule
from pilothouse.api.validation.meta import validate_annotations, validate_labels
from pilothouse.api.validation.pods import network, placement, security, windows
from pilothouse.api.validation.pods.annotations import matching_profiles, pod_annotations
from pilothouse.api.validation.pods.containers import all_containers, image_spaces, resource_claims
from pilothouse.api.validation.pods.environment import file_volumes
from pilothouse.api.validation.pods.surroundings import surroundings
from pilothouse.api.validation.v1.resources import pod_requirements, requirements
from pilothouse.api.validation.v1.sources import volumes

_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTIONS = ("PreemptLowerPriority", "Never")
_MAX_DEADLINE_S = 2**31 - 1


def pod(obj: Obj) -> Findings:
    """A new Pod."""
    spec, notes = obj["spec"], obj["metadata"].get("annotations")
    out = any_pod(obj)
    if spec.get("ephemeralContainers"):
        out.append(forbidden("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        out.append(forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"))
    return out + matching_profiles(notes, spec, "spec")


def any_pod(obj: Obj) -> Findings:
    """What every Pod must fulfil, also after a change."""
    spec, meta = obj["spec"], obj["metadata"]
    out = pod_annotations(meta.get("annotations"), spec, "metadata.annotations") + pod_spec(spec, "spec", meta)
    for index, volume in enumerate(() if spec.get("serviceAccountName") else spec.get("volumes") or ()):
        for number, part in enumerate((volume.get("projected") or {}).get("sources") or ()):
            if part.get("serviceAccountToken") is not None:
                at = f"spec.volumes[{index}].projected.sources[{number}].serviceAccountToken"
                out.append(forbidden(at, "must not be specified when serviceAccountName is not set"))
    for key in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            out += image_spaces(container, f"spec.{key}[{index}]")
    return out


def pod_template(obj: Obj) -> Findings:
    """A new PodTemplate."""
    return template(obj.get("template"), "template")


def template(obj: Obj | None, path: str) -> Findings:
    """A Pod template."""
    obj = obj or {}
    meta, spec = obj.get("metadata") or {}, obj.get("spec") or {}
    out = validate_labels(meta.get("labels"), f"{path}.labels")
    out += validate_annotations(meta.get("annotations"), f"{path}.annotations")
    out += pod_annotations(meta.get("annotations"), spec, f"{path}.annotations") + pod_spec(spec, f"{path}.spec", None)
    out += matching_profiles(meta.get("annotations"), spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        out.append(forbidden(f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template"))
    return out


def pod_spec(spec: Obj, path: str, meta: Obj | None) -> Findings:
    """The spec of a Pod, or of a template when there is no metadata of a Pod."""
    out, usable = volumes(spec.get("volumes") or [], f"{path}.volumes", meta)
    out += resource_claims(spec.get("resourceClaims") or [], f"{path}.resourceClaims")
    out += all_containers(spec, path, surroundings(spec, usable))
    out += _resources(spec, path)
    out += network.host_ports(spec, path, is_pod=meta is not None)
    out += one_of(f"{path}.restartPolicy", spec.get("restartPolicy"), _RESTARTS, needed=True)
    out += one_of(f"{path}.dnsPolicy", spec.get("dnsPolicy"), _DNS, needed=True)
    out += validate_labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    out += security.pod_security(spec, path)
    out += placement.affinity(spec.get("affinity") or {}, f"{path}.affinity")
    out += network.dns(spec, path) + _gates(spec, path)
    out += placement.spreading(spec.get("topologySpreadConstraints") or [], f"{path}.topologySpreadConstraints")
    out += windows.host_processes(spec, path) + security.host_users(spec, path) + network.hostname_override(spec, path)
    out += _names(spec, path, ("serviceAccountName", "nodeName")) + _deadline(spec, path)
    out += _names(spec, path, ("hostname", "subdomain"))
    out += placement.tolerations(spec.get("tolerations") or [], f"{path}.tolerations")
    out += network.host_aliases(spec.get("hostAliases") or [], f"{path}.hostAliases")
    out += _names(spec, path, ("priorityClassName", "runtimeClassName"))
    if spec.get("preemptionPolicy") is not None:
        out += one_of(f"{path}.preemptionPolicy", spec["preemptionPolicy"], _PREEMPTIONS, needed=True)
    out += requirements({"limits": spec.get("overhead")}, f"{path}.overhead", [])
    return out + windows.operating_system(spec, path) + file_volumes(spec, path)


def _names(spec: Obj, path: str, fields: tuple[str, ...]) -> Findings:
    out: Findings = []
    for field in fields:
        value = spec.get(field)
        if value or (value is not None and field == "runtimeClassName"):
            out += rule(f"{path}.{field}", value, names.label if field in ("hostname", "subdomain") else names.subdomain)
    return out


def _deadline(spec: Obj, path: str) -> Findings:
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is None or 1 <= deadline <= _MAX_DEADLINE_S:
        return []
    return [invalid(f"{path}.activeDeadlineSeconds", deadline, f"must be between 1 and {_MAX_DEADLINE_S}, inclusive")]


def _gates(spec: Obj, path: str) -> Findings:
    out: Findings = []
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        out += rule(f"{path}.readinessGates[{index}].conditionType", gate.get("conditionType", ""), names.qualified)
    seen: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        at, name = f"{path}.schedulingGates[{index}]", gate.get("name", "")
        out += rule(at, name, names.qualified)
        if name in seen:
            out.append(duplicate(at, name))
        seen.add(name)
    return out


def _resources(spec: Obj, path: str) -> Findings:
    found, at = spec.get("resources"), f"{path}.resources"
    if found is None:
        return []
    if (spec.get("os") or {}).get("name") == "windows":
        return [forbidden(at, "may not be set for a windows pod")]
    out: Findings = []
    if found.get("claims"):
        out.append(forbidden(f"{at}.claims", "claims may not be set for Resources at pod-level"))
    return out + pod_requirements(found, at) + _covers_containers(spec, found, at)


def _covers_containers(spec: Obj, found: Obj, path: str) -> Findings:
    requests, limits = found.get("requests") or {}, found.get("limits") or {}
    alone = {**spec, "resources": None}
    sums = (
        ("requests", requests, pod_requests(alone, with_overhead=False)),
        ("limits", limits, pod_limits(alone, with_overhead=False)),
    )
    out: Findings = []
    for side, stated, total in sums:
        for name, value in sorted(total.items()):
            if side == "limits" and not name.startswith("hugepages-"):
                continue
            if name in stated and compare(value, stated[name]) > 0:
                text = f"must be greater than or equal to aggregate container {side} of {value}"
                out.append(invalid(f"{path}.{side}[{name}]", stated[name], text))
    for index, container in enumerate(spec.get("containers") or ()):
        for name, value in sorted(((container.get("resources") or {}).get("limits") or {}).items()):
            if name in limits and compare(value, limits[name]) > 0:
                at = f"{path}.containers[{index}][{name}].limits"
                out.append(invalid(at, value, f"must be less than or equal to pod limits of {limits[name]}"))
    return out

"""Rules of PersistentVolumes."""

from __future__ import annotations

import posixpath

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_diff, internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, immutable, positive_quantity, rule
from pilothouse.api.validation.v1.claims import VOLUME_MODES, access_modes
from pilothouse.api.validation.v1.drivers import driver_source, initiator_length
from pilothouse.api.validation.v1.nodeselectors import node_selector
from pilothouse.api.validation.v1.resources import basic_quantity
from pilothouse.api.validation.v1.sources import host_path

SOURCES = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi",
    "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO",
    "local", "storageos", "csi",
)  # fmt: skip
"""Every kind of source, in the order in which they are checked."""
_POLICIES = ("Delete", "Recycle", "Retain")
_RENAMED_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}


def volume(obj: Obj) -> Findings:
    """A new PersistentVolume."""
    spec = obj["spec"]
    modes = spec.get("accessModes") or []
    out: Findings = [] if modes else [required("spec.accessModes")]
    out += access_modes(modes, "spec.accessModes") + _capacity(spec.get("capacity") or {})
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and policy not in _POLICIES:
        out.append(unsupported("spec.persistentVolumeReclaimPolicy", policy, _POLICIES))
    affinity = spec.get("nodeAffinity")
    if affinity is not None and affinity.get("required") is None:
        out.append(required("spec.nodeAffinity.required", "must specify required node constraints"))
    elif affinity is not None:
        out += node_selector(affinity["required"], "spec.nodeAffinity.required")
    out += _source(spec, obj["metadata"].get("name", ""))
    where = (spec.get("hostPath") or {}).get("path", "")
    if spec.get("hostPath") is not None and policy == "Recycle" and posixpath.normpath(where or ".") in ("/", "//"):
        out.append(forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"))
    return out + _classes(spec)


def _capacity(capacity: Obj) -> Findings:
    out: Findings = [] if capacity else [required("spec.capacity")]
    if set(capacity) != {"storage"}:
        out.append(unsupported("spec.capacity", dict(sorted(capacity.items())), ("storage",)))
    for name, value in sorted(capacity.items()):
        at = f"spec.capacity[{name}]"
        out += basic_quantity(at, value) + positive_quantity(at, value)
    return out


def _source(spec: Obj, name: str) -> Findings:
    kinds = [kind for kind in SOURCES if spec.get(kind) is not None]
    out: Findings = [] if kinds else [required("spec", "must specify a volume type")]
    for number, kind in enumerate(kinds):
        at, source = f"spec.{kind}", spec[kind]
        if number and kind != "flexVolume":
            shown = "spec.cephFS" if kind == "cephfs" else at
            out.append(forbidden(shown, "may not specify more than 1 volume type"))
            continue
        if kind == "iscsi":
            out += initiator_length(name, source, f"{at}.targetportal", source.get("targetPortal", ""))
        out += host_path(source, at) if kind == "hostPath" else driver_source(kind, source, at, is_persistent=True)
        if kind == "local" and spec.get("nodeAffinity") is None:
            out.append(required("spec.nodeAffinity", "Local volume requires node affinity"))
    return out


def _classes(spec: Obj) -> Findings:
    out: Findings = []
    if spec.get("storageClassName"):
        out += rule("spec.storageClassName", spec["storageClassName"], names.subdomain)
    mode, attributes = spec.get("volumeMode"), spec.get("volumeAttributesClassName")
    if mode is not None and mode not in VOLUME_MODES:
        out.append(unsupported("spec.volumeMode", mode, VOLUME_MODES))
    if attributes is None:
        return out
    at = "spec.volumeAttributesClassName"
    out += rule(at, attributes, names.subdomain) if attributes else [required(at, "an empty string is disallowed")]
    if spec.get("csi") is None:
        out.append(required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    return out


def volume_update(new: Obj, old: Obj) -> Findings:
    """The source of a PersistentVolume stays, and where it can be reached once that is set."""
    out = volume(new)
    after, before = dict(new["spec"]), old["spec"]
    secret = "controllerExpandSecretRef"
    if after.get("csi") and before.get("csi") and secret not in before["csi"]:
        after["csi"] = {key: value for key, value in after["csi"].items() if key != secret}
    if any(after.get(kind) != before.get(kind) for kind in SOURCES):
        changed = internal_diff("PersistentVolumeSource", before, after)
        text = f"spec.persistentvolumesource is immutable after creation\n{changed}"
        out.append(forbidden("spec.persistentvolumesource", text))
    out += immutable("volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    affinity = before.get("nodeAffinity")
    if affinity is not None and after.get("nodeAffinity") != affinity and not _renames_only(after.get("nodeAffinity"), affinity):
        shown = _shown(after.get("nodeAffinity"))
        out.append(invalid("nodeAffinity", shown, f"{IMMUTABLE}, except for updating from beta label to GA"))
    if before.get("volumeAttributesClassName") is not None and after.get("volumeAttributesClassName") is None:
        out.append(forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"))
    return out


def _shown(affinity: Obj | None) -> Obj | None:
    return None if affinity is None else {"Required": internal_form("NodeSelector", affinity.get("required"))}


def _renames_only(new: Obj | None, old: Obj) -> bool:
    """Whether labels of nodes only got their newer names."""
    terms, former = (((affinity or {}).get("required") or {}).get("nodeSelectorTerms") or [] for affinity in (new, old))
    if len(terms) != len(former):
        return False
    for term, was in zip(terms, former, strict=True):
        expressions, before = term.get("matchExpressions") or [], was.get("matchExpressions") or []
        if len(expressions) != len(before) or term.get("matchFields") != was.get("matchFields"):
            return False
        for expression, one in zip(expressions, before, strict=True):
            key = one.get("key", "")
            if expression not in (one, {**one, "key": _RENAMED_LABELS.get(key, key)}):
                return False
    return True

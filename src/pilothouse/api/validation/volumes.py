"""Rules of volumes, PersistentVolumes, claims and storage classes."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    exactly_one,
    label_selector,
    no_backsteps,
    one_of,
    positive_quantity,
    quantity,
    relative_path,
    rule,
)

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_MODE_TEXT = "must be a number between 0 and 0777 (octal), both inclusive"
VOLUME_SOURCES = (
    "hostPath", "emptyDir", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "secret", "nfs", "iscsi", "glusterfs",
    "persistentVolumeClaim", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "azureFile", "configMap",
    "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "projected", "portworxVolume", "scaleIO", "storageos", "csi",
    "ephemeral", "image", "local",
)  # fmt: skip


def volumes(found: list[Obj], path: str) -> tuple[Findings, set[str]]:
    """Return (findings, the names that can be mounted)."""
    out: Findings = []
    seen: set[str] = set()
    for index, volume in enumerate(found):
        at = f"{path}[{index}]"
        found_here = _sources(volume, at)
        name = volume.get("name", "")
        if not name:
            found_here.append(required(f"{at}.name"))
        else:
            bad = rule(f"{at}.name", name, names.label)
            if not bad and name in seen:
                bad.append(duplicate(f"{at}.name", name))
            found_here += bad
        out += found_here
        if not found_here:
            seen.add(name)
    return out, seen


def _sources(volume: Obj, path: str) -> Findings:
    found = [kind for kind in VOLUME_SOURCES if volume.get(kind) is not None]
    ordered = sorted(found, key=lambda kind: (kind != "emptyDir", VOLUME_SOURCES.index(kind)))
    return exactly_one(path, ordered, volume, "volume", _source)


def _source(kind: str, source: Obj, path: str) -> Findings:
    if kind == "hostPath":
        return host_path(source, path)
    if kind == "emptyDir":
        limit = source.get("sizeLimit")
        if limit is not None and quantity(limit) < 0:
            return [forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")]
        return []
    if kind == "secret":
        out = [] if source.get("secretName") else [required(f"{path}.secretName")]
        return out + _mode_and_items(source, path)
    if kind == "configMap":
        out = [] if source.get("name") else [required(f"{path}.name")]
        return out + _mode_and_items(source, path)
    if kind == "persistentVolumeClaim":
        return [] if source.get("claimName") else [required(f"{path}.claimName")]
    if kind in ("downwardAPI", "projected"):
        return _mode(source, path)
    if kind == "nfs":
        return _nfs(source, path)
    return []


def host_path(source: Obj, path: str) -> Findings:
    """A path of the node."""
    if not source.get("path"):
        return [required(f"{path}.path")]
    kinds = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
    return no_backsteps(f"{path}.path", source["path"]) + one_of(f"{path}.type", source.get("type"), kinds)


def _nfs(source: Obj, path: str) -> Findings:
    out: Findings = [] if source.get("server") else [required(f"{path}.server")]
    if not source.get("path"):
        out.append(required(f"{path}.path"))
    elif not source["path"].startswith("/"):
        out.append(invalid(f"{path}.path", source["path"], "must be an absolute path"))
    return out


def _mode(source: Obj, path: str) -> Findings:
    mode = source.get("defaultMode")
    return [invalid(f"{path}.defaultMode", mode, _MODE_TEXT)] if mode is not None and not 0 <= mode <= 0o777 else []


def _mode_and_items(source: Obj, path: str) -> Findings:
    out = _mode(source, path)
    for index, item in enumerate(source.get("items") or ()):
        at = f"{path}.items[{index}]"
        if not item.get("key"):
            out.append(required(f"{at}.key"))
        if not item.get("path"):
            out.append(required(f"{at}.path"))
        else:
            out += relative_path(f"{at}.path", item["path"])
        mode = item.get("mode")
        if mode is not None and not 0 <= mode <= 0o777:
            out.append(invalid(f"{at}.mode", mode, _MODE_TEXT))
    return out


def access_modes(modes: list[str] | None, path: str, text: str) -> Findings:
    """The access modes of a volume or claim."""
    if not modes:
        return [required(path, text)]
    out: Findings = [unsupported(path, mode, _MODES) for mode in modes if mode not in _MODES]
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        out.append(forbidden(path, "may not use ReadWriteOncePod with other access modes"))
    return out


def claim(obj: Obj) -> Findings:
    """A new PersistentVolumeClaim."""
    return claim_spec(obj["spec"], "spec")


def claim_spec(spec: Obj, path: str) -> Findings:
    """The spec of a claim."""
    out = access_modes(spec.get("accessModes"), f"{path}.accessModes", "at least 1 access mode is required")
    out = label_selector(f"{path}.selector", spec.get("selector")) + out
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        out.append(required(f"{path}.resources[storage]"))
    else:
        out += positive_quantity(f"{path}.resources[storage]", requests["storage"])
    if spec.get("storageClassName"):
        out += rule(f"{path}.storageClassName", spec["storageClassName"], names.subdomain)
    return out + one_of(f"{path}.volumeMode", spec.get("volumeMode"), ("Block", "Filesystem"))


def volume(obj: Obj) -> Findings:
    """A new PersistentVolume."""
    spec = obj["spec"]
    out: Findings = [] if spec.get("accessModes") else [required("spec.accessModes")]
    out += [unsupported("spec.accessModes", mode, _MODES) for mode in spec.get("accessModes") or () if mode not in _MODES]
    capacity = spec.get("capacity") or {}
    if not capacity:
        out.append(required("spec.capacity"))
    if set(capacity) != {"storage"}:
        out.append(unsupported("spec.capacity", capacity, ("storage",)))
    for name in sorted(capacity):
        out += positive_quantity(f"spec.capacity[{name}]", capacity[name])
    policies = ("Delete", "Recycle", "Retain")
    out += one_of("spec.persistentVolumeReclaimPolicy", spec.get("persistentVolumeReclaimPolicy"), policies)
    found = [kind for kind in VOLUME_SOURCES if spec.get(kind) is not None]
    out += exactly_one("spec", found, spec, "volume", _source)
    if spec.get("storageClassName"):
        out += rule("spec.storageClassName", spec["storageClassName"], names.subdomain)
    return out + one_of("spec.volumeMode", spec.get("volumeMode"), ("Block", "Filesystem"))


def storage_class(obj: Obj) -> Findings:
    """A new StorageClass."""
    out: Findings = [] if obj.get("provisioner") else [required("provisioner")]
    out += [invalid("parameters", key, "field can not be empty.") for key in obj.get("parameters") or () if not key]
    out += one_of("reclaimPolicy", obj.get("reclaimPolicy"), ("Delete", "Retain"))
    out += one_of("volumeBindingMode", obj.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer"))
    for index, term in enumerate(obj.get("allowedTopologies") or ()):
        for number, expression in enumerate(term.get("matchLabelExpressions") or ()):
            at = f"allowedTopologies[{index}].matchLabelExpressions[{number}]"
            if not expression.get("values"):
                out.append(required(f"{at}.values"))
            out += rule(f"{at}.key", expression.get("key", ""), names.qualified)
    return out


def storage_class_update(new: Obj, old: Obj) -> Findings:
    """What of a StorageClass may not change."""
    out: Findings = []
    if new.get("parameters") != old.get("parameters"):
        out.append(forbidden("parameters", "updates to parameters are forbidden."))
    for field in ("provisioner", "reclaimPolicy", "volumeBindingMode"):
        if new.get(field) != old.get(field):
            out.append(invalid(field, new.get(field), "field is immutable"))
    return out

"""Rules of volume sources that a storage system provides: disks, network file systems, and drivers.

`sources` and `persistent` call `driver_source` for the kinds that both Pods and PersistentVolumes know; what differs for a
PersistentVolume is marked so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pilothouse.api.findings import invalid, required, too_long, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, no_backsteps, relative_path, rule

REQUIRED: dict[str, tuple[str, ...]] = {
    "gitRepo": ("repository",),
    "gcePersistentDisk": ("pdName",),
    "awsElasticBlockStore": ("volumeID",),
    "nfs": ("server", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "glusterfs": ("endpoints", "path"),
    "rbd": ("monitors", "image"),
    "cinder": ("volumeID",),
    "cephfs": ("monitors",),
    "flexVolume": ("driver",),
    "azureFile": ("secretName", "shareName"),
    "azureDisk": ("diskName", "diskURI"),
    "vsphereVolume": ("volumePath",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "scaleIO": ("gateway", "system", "volumeName"),
    "storageos": ("volumeName",),
    "local": ("path",),
}
"""The fields of a source that must be set."""
SHOWN_AS = {"gcePersistentDisk": "persistentDisk"}
"""Kinds whose findings are reported below another name."""
_LUN_TEXT, _PARTITION_TEXT = "must be between 0 and 255, inclusive", "must be between 1 and 255, inclusive"
_QUALIFIED_NAMES = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$"),
    "eui": re.compile(r"^eui.[A-Za-z0-9]{16}$"),
    "naa": re.compile(r"^naa.[A-Za-z0-9]{32}$"),
}
_BAD_NAME, _BAD_START = "must be valid format", "must be valid format starting with iqn, eui, or naa"
_MANAGED = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_REGISTRY = "must be a host:port pair or multiple pairs separated by commas"


def driver_source(kind: str, source: Obj, path: str, *, is_persistent: bool = False) -> Findings:
    """One source of a storage system."""
    path = f"{path.rpartition('.')[0]}.{SHOWN_AS[kind]}" if kind in SHOWN_AS else path
    out: Findings = [required(f"{path}.{field}") for field in REQUIRED.get(kind, ()) if not source.get(field)]
    more = _MORE.get(kind)
    if more is not None:
        out += more(source, path, is_persistent)
    return out


def _git(source: Obj, path: str, is_persistent: bool) -> Findings:
    return relative_path(f"{path}.directory", source.get("directory", ""))


def _partition(source: Obj, path: str, is_persistent: bool) -> Findings:
    number = source.get("partition", 0)
    return [] if 0 <= number <= 255 else [invalid(f"{path}.partition", number, _PARTITION_TEXT)]


def _nfs(source: Obj, path: str, is_persistent: bool) -> Findings:
    where = source.get("path", "")
    return [] if where.startswith("/") else [invalid(f"{path}.path", where, "must be an absolute path")]


def _iscsi(source: Obj, path: str, is_persistent: bool) -> Findings:
    name, initiator = source.get("iqn", ""), source.get("initiatorName")
    out = _target(name, f"{path}.iqn", is_persistent) if name else []
    if not 0 <= source.get("lun", 0) <= 255:
        out.append(invalid(f"{path}.lun", source["lun"], _LUN_TEXT))
    needs_secret = source.get("chapAuthDiscovery") or source.get("chapAuthSession")
    if needs_secret and source.get("secretRef") is None:
        out.append(required(f"{path}.secretRef"))
    if is_persistent and source.get("secretRef") is not None and not source["secretRef"].get("name"):
        out.append(required(f"{path}.secretRef.name"))
    return out + (_target(initiator, f"{path}.initiatorname", is_persistent) if initiator is not None else [])


def _target(name: str, path: str, is_persistent: bool) -> Findings:
    pattern = _QUALIFIED_NAMES.get(name[:3])
    if pattern is None:
        return [invalid(path, name, _BAD_NAME if is_persistent else _BAD_START)]
    return [] if pattern.search(name) else [invalid(path, name, _BAD_NAME)]


def initiator_length(name: str, source: Obj, path: str, shown: str) -> Findings:
    """Name and portal of a volume with an initiator together have a limited length."""
    if source.get("initiatorName") is None or len(f"{name}:{source.get('targetPortal', '')}".encode()) <= 64:
        return []
    text = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
    return [invalid(path, shown, text)]


def _glusterfs(source: Obj, path: str, is_persistent: bool) -> Findings:
    namespace = source.get("endpointsNamespace")
    if not is_persistent or namespace is None:
        return []
    at = f"{path}.endpointsNamespace"
    if not namespace:
        return [invalid(at, "", "if the endpointnamespace is set, it must be a valid namespace name")]
    return rule(at, namespace, names.label)


def _flocker(source: Obj, path: str, is_persistent: bool) -> Findings:
    name, uuid = source.get("datasetName", ""), source.get("datasetUUID", "")
    out: Findings = []
    if not name and not uuid:
        out.append(required(path, "one of datasetName and datasetUUID is required"))
    if name and uuid:
        out.append(invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
    if "/" in name:
        out.append(invalid(f"{path}.datasetName", name, "must not contain '/'"))
    return out


def _secret(source: Obj, path: str, is_persistent: bool) -> Findings:
    reference = source.get("secretRef")
    if reference is None:
        return []
    fields = ("name", "namespace") if is_persistent else ("name",)
    return [required(f"{path}.secretRef.{field}") for field in fields if not reference.get(field)]


def _storageos(source: Obj, path: str, is_persistent: bool) -> Findings:
    out: Findings = []
    for field in ("volumeName", "volumeNamespace"):
        if source.get(field):
            out += rule(f"{path}.{field}", source[field], names.label)
    return out + _secret(source, path, is_persistent)


def _quobyte(source: Obj, path: str, is_persistent: bool) -> Findings:
    out: Findings = []
    registry = source.get("registry", "")
    if not registry:
        out.append(required(f"{path}.registry", _REGISTRY))
    elif len(source.get("tenant", "")) >= 65:
        out.append(required(f"{path}.tenant", "must be a UUID and may not exceed a length of 64 characters"))
    else:
        bad = [pair for pair in registry.split(",") if not re.fullmatch(r"[^:\[\]]*:[^:]*|\[[^\[\]]*\]:[^:]*", pair)]
        out += [invalid(f"{path}.registry", registry, _REGISTRY) for _ in bad]
    return out if source.get("volume") else [*out, required(f"{path}.volume")]


def _fc(source: Obj, path: str, is_persistent: bool) -> Findings:
    targets, ids, lun = source.get("targetWWNs"), source.get("wwids"), source.get("lun")
    out: Findings = []
    if not targets and not ids:
        out.append(required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids, but not both"))
    if targets and ids:
        out.append(invalid(f"{path}.targetWWNs", targets, "targetWWNs and wwids can not be specified simultaneously"))
    if not targets:
        return out
    if lun is None:
        out.append(required(f"{path}.lun", "lun is required if targetWWNs is specified"))
    elif not 0 <= lun <= 255:
        out.append(invalid(f"{path}.lun", lun, _LUN_TEXT))
    return out


def _flex(source: Obj, path: str, is_persistent: bool) -> Findings:
    out: Findings = []
    for key in sorted(source.get("options") or ()):
        if f".{key.partition('/')[0].lower()}".endswith((".kubernetes.io", ".k8s.io")):
            out.append(invalid(f"{path}.options[{key}]", key, "kubernetes.io and k8s.io namespaces are reserved"))
    return out


def _azure_file(source: Obj, path: str, is_persistent: bool) -> Findings:
    return [required(f"{path}.secretNamespace")] if is_persistent and source.get("secretNamespace") == "" else []


def _azure_disk(source: Obj, path: str, is_persistent: bool) -> Findings:
    out: Findings = []
    for field, allowed in (("cachingMode", ("None", "ReadOnly", "ReadWrite")), ("kind", ("Dedicated", "Managed", "Shared"))):
        if source.get(field) is not None and source[field] not in allowed:
            out.append(unsupported(f"{path}.{field}", source[field], allowed))
    uri, kind = source.get("diskURI", ""), source.get("kind")
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        out.append(unsupported(f"{path}.diskURI", uri, (_MANAGED,)))
    elif kind not in (None, "Managed") and not uri.startswith("https://"):
        out.append(unsupported(f"{path}.diskURI", uri, (_BLOB,)))
    return out


def _local(source: Obj, path: str, is_persistent: bool) -> Findings:
    return no_backsteps(f"{path}.path", source.get("path", ""))


def driver_name(path: str, name: str) -> Findings:
    """The name of a CSI driver."""
    out: Findings = [] if name else [required(path)]
    if len(name) > 63:
        out.append(too_long(path, 63))
    return out + [invalid(path, name, problem) for problem in names.subdomain(name.lower())]


def _csi(source: Obj, path: str, is_persistent: bool) -> Findings:
    out = driver_name(f"{path}.driver", source.get("driver", ""))
    if is_persistent:
        return out + _persistent_csi(source, path)
    reference = source.get("nodePublishSecretRef")
    if reference is not None and not reference.get("name"):
        out.append(required(f"{path}.nodePublishSecretRef.name"))
    elif reference is not None:
        out += rule(f"{path}.name", reference["name"], names.subdomain)
    return out


def _persistent_csi(source: Obj, path: str) -> Findings:
    out: Findings = [] if source.get("volumeHandle") else [required(f"{path}.volumeHandle")]
    for step in ("controllerPublish", "controllerExpand", "nodePublish", "nodeExpand"):
        reference = source.get(f"{step}SecretRef")
        if reference is None:
            continue
        for field, check in (("name", names.subdomain), ("namespace", names.label)):
            at, value = f"{path}.{step}SecretRef.{field}", reference.get(field, "")
            out += rule(at, value, check) if value else [required(at)]
    return out


_MORE: dict[str, Callable[[Obj, str, bool], Findings]] = {
    "gitRepo": _git,
    "gcePersistentDisk": _partition,
    "awsElasticBlockStore": _partition,
    "nfs": _nfs,
    "iscsi": _iscsi,
    "glusterfs": _glusterfs,
    "flocker": _flocker,
    "cinder": _secret,
    "storageos": _storageos,
    "quobyte": _quobyte,
    "fc": _fc,
    "flexVolume": _flex,
    "azureFile": _azure_file,
    "azureDisk": _azure_disk,
    "local": _local,
    "csi": _csi,
}

"""Rules of the volumes of a Pod: names, one source each, and the sources made of configuration."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, no_backsteps, one_of, quantity, relative_path, rule
from pilothouse.api.validation.v1.claims import claim_template
from pilothouse.api.validation.v1.drivers import driver_source, initiator_length
from pilothouse.api.validation.v1.references import VOLUME_FIELDS, field_reference, resource_reference

POD_SOURCES = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs",
    "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap",
    "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
    "csi", "ephemeral", "image",
)  # fmt: skip
"""Every kind of source, in the order in which they are checked: the first is the volume's, further ones are refused."""
_REFUSED_AS = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}
_MODE_TEXT = "must be a number between 0 and 0777 (octal), both inclusive"
_HOST_PATHS = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")


def volumes(found: list[Obj], path: str, meta: Obj | None = None) -> tuple[Findings, dict[str, Obj]]:
    """Return (findings, the volumes that can be mounted by name); `meta` is that of a Pod, None for a template."""
    out: Findings = []
    usable: dict[str, Obj] = {}
    pod = (meta or {}).get("name", "")
    created = {f"{pod}-{volume.get('name', '')}" for volume in found if pod and volume.get("ephemeral") is not None}
    for index, volume in enumerate(found):
        at, name = f"{path}[{index}]", volume.get("name", "")
        found_here = _source(volume, at, meta)
        found_here += rule(f"{at}.name", name, names.label) if name else [required(f"{at}.name")]
        if name in usable:
            found_here.append(duplicate(f"{at}.name", name))
        if not found_here:
            usable[name] = volume
        out += found_here
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        if claim in created:
            text = "must not reference a PVC that gets created for an ephemeral volume"
            out.append(invalid(f"{at}.persistentVolumeClaim.claimName", claim, text))
    return out, usable


def _source(volume: Obj, path: str, meta: Obj | None) -> Findings:
    out: Findings = []
    kinds = [kind for kind in POD_SOURCES if volume.get(kind) is not None]
    for number, kind in enumerate(kinds):
        if number:
            out.append(forbidden(f"{path}.{_REFUSED_AS.get(kind, kind)}", "may not specify more than 1 volume type"))
        else:
            out += _checked(kind, volume, path, meta)
        if kind == "iscsi":
            name = volume.get("name", "")
            out += initiator_length(name, volume["iscsi"], f"{path}.name", name)
    return out or ([] if kinds else [required(path, "must specify a volume type")])


def _checked(kind: str, volume: Obj, path: str, meta: Obj | None) -> Findings:
    source, at = volume[kind], f"{path}.{kind}"
    if kind == "ephemeral":
        return _ephemeral(source, at, volume.get("name", ""), f"{path}.name", (meta or {}).get("name", ""))
    if kind == "image":
        out: Findings = [required(f"{at}.reference")] if meta is not None and not source.get("reference") else []
        return out + one_of(f"{at}.pullPolicy", source.get("pullPolicy"), PULL_POLICIES, needed=True)
    own = _OWN.get(kind)
    return own(source, at) if own is not None else driver_source(kind, source, at)


def host_path(source: Obj, path: str) -> Findings:
    """A path of the node."""
    if not source.get("path"):
        return [required(f"{path}.path")]
    return no_backsteps(f"{path}.path", source["path"]) + one_of(f"{path}.type", source.get("type"), _HOST_PATHS)


def _empty_dir(source: Obj, path: str) -> Findings:
    limit = source.get("sizeLimit")
    if limit is not None and quantity(limit) < 0:
        return [forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")]
    return []


def _claim(source: Obj, path: str) -> Findings:
    return [] if source.get("claimName") else [required(f"{path}.claimName")]


def _secret(source: Obj, path: str) -> Findings:
    out: Findings = [] if source.get("secretName") else [required(f"{path}.secretName")]
    return out + _mode(source, path, "defaultMode") + _items(source, path)


def _config_map(source: Obj, path: str) -> Findings:
    out: Findings = [] if source.get("name") else [required(f"{path}.name")]
    return out + _mode(source, path, "defaultMode") + _items(source, path)


def _mode(source: Obj, path: str, field: str) -> Findings:
    mode = source.get(field)
    return [invalid(f"{path}.{field}", mode, _MODE_TEXT)] if mode is not None and not 0 <= mode <= 0o777 else []


def _items(source: Obj, path: str) -> Findings:
    return [finding for index, item in enumerate(source.get("items") or ()) for finding in _item(item, f"{path}.items[{index}]")]


def _item(item: Obj, path: str) -> Findings:
    out: Findings = [required(f"{path}.{field}") for field in ("key", "path") if not item.get(field)]
    return out + file_path(f"{path}.path", item.get("path", "")) + _mode(item, path, "mode")


def file_path(path: str, value: str) -> Findings:
    """A path below a volume that is none of its own entries."""
    out = relative_path(path, value)
    if value.startswith("..") and not value.startswith("../"):
        out.append(invalid(path, value, "must not start with '..'"))
    return out


def _downward(source: Obj, path: str) -> Findings:
    out = _mode(source, path, "defaultMode")
    for file in source.get("items") or ():
        out += _downward_file(file, path)
    return out


def _downward_file(file: Obj, path: str) -> Findings:
    out: Findings = [] if file.get("path") else [required(f"{path}.path")]
    out += file_path(f"{path}.path", file.get("path", ""))
    field, resource = file.get("fieldRef"), file.get("resourceFieldRef")
    if field is not None:
        out += field_reference(field, f"{path}.fieldRef", VOLUME_FIELDS)
        if resource is not None:
            out.append(invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
    elif resource is not None:
        out += resource_reference(resource, f"{path}.resourceFieldRef", needs_container=True)
    else:
        out.append(required(path, "one of fieldRef and resourceFieldRef is required"))
    return out + _mode(file, path, "mode")


def _projected(source: Obj, path: str) -> Findings:
    out = _mode(source, path, "defaultMode")
    seen: set[str] = set()
    for index, part in enumerate(source.get("sources") or ()):
        at = f"{path}.sources[{index}]"
        for kind in ("secret", "configMap"):
            if part.get(kind) is not None:
                out += _projected_keys(part[kind], f"{at}.{kind}", path, seen)
        for file in (part.get("downwardAPI") or {}).get("items") or ():
            out += _downward_file(file, f"{at}.downwardAPI")
            out += _once(file.get("path", ""), path, seen, file.get("path", ""))
        if part.get("serviceAccountToken") is not None:
            out += _token(part["serviceAccountToken"], f"{at}.serviceAccountToken", path)
        if sum(part.get(kind) is not None for kind in ("secret", "configMap", "downwardAPI", "serviceAccountToken")) > 1:
            out.append(forbidden(at, "may not specify more than 1 volume type per source"))
    return out


def _projected_keys(source: Obj, path: str, volume: str, seen: set[str]) -> Findings:
    name = source.get("name", "")
    out: Findings = [] if name else [required(f"{path}.name")]
    for index, item in enumerate(source.get("items") or ()):
        out += _item(item, f"{path}.items[{index}]") + _once(item.get("path", ""), volume, seen, name)
    return out


def _once(file: str, path: str, seen: set[str], shown: str) -> Findings:
    if not file:
        return []
    out: Findings = [invalid(path, shown, "conflicting duplicate paths")] if file in seen else []
    seen.add(file)
    return out


def _token(source: Obj, path: str, volume: str) -> Findings:
    seconds, file = source.get("expirationSeconds", 3600), source.get("path", "")
    out: Findings = []
    if seconds < 600:
        out.append(invalid(f"{path}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"))
    if seconds > 1 << 32:
        out.append(invalid(f"{path}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"))
    return out + (file_path(f"{volume}.path", file) if file else [required(f"{volume}.path")])


def _ephemeral(source: Obj, path: str, name: str, name_path: str, pod: str) -> Findings:
    template = source.get("volumeClaimTemplate")
    at = f"{path}.volumeClaimTemplate"
    out = [required(at)] if template is None else claim_template(template, at)
    if pod and name:
        claim = f"{pod}-{name}"
        out += [invalid(name_path, name, f'PVC name "{claim}": {problem}') for problem in names.subdomain(claim)]
    return out


_OWN = {
    "hostPath": host_path,
    "emptyDir": _empty_dir,
    "persistentVolumeClaim": _claim,
    "secret": _secret,
    "configMap": _config_map,
    "downwardAPI": _downward,
    "projected": _projected,
}

"""What belongs into a volume: the files of ConfigMaps, Secrets, tokens and the downward API, with their modes.

`render_volume` is pure: the adapter fetches nothing on its own, it writes the returned files atomically (the `..data` link
swap) and repeats that when a source changed. Folders, claims and paths of the machine are resolved by `folder_of`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import msgspec

from pilothouse.cluster.nodeagent.engine.env import Sources, config_map_data, field_value, resource_value, secret_data
from pilothouse.cluster.nodeagent.errors import ConfigMissing, MountFailed
from pilothouse.cluster.nodeagent.types import Json

MAX_VOLUME_BYTES = 8 << 20
FILE_KINDS = ("configMap", "secret", "projected", "downwardAPI")
DEFAULT_TOKEN_S = 3600


class VolumeFile(msgspec.Struct, frozen=True):
    """One file of a rendered volume."""

    content: bytes
    mode: int = 0o644


Files = dict[str, VolumeFile]
TokenSource = Callable[[str, int], str | None]


class VolumeInputs(msgspec.Struct):
    """What rendering needs besides the volume: lookups, addresses, and a way to get tokens (audience, lifetime)."""

    sources: Sources
    addresses: dict[str, str]
    token: TokenSource


def kind_of(volume: Json) -> str:
    """Return the volume's source type, `emptyDir` when none is given."""
    return next((key for key in volume if key != "name"), "emptyDir")


def _checked(path: str) -> str:
    clean = posixpath.normpath(path)
    if path.startswith("/") or clean.startswith("..") or clean == ".":
        raise MountFailed(f"path {path!r} leaves the volume", fix="use a relative path without ..")
    return clean


def _pick(data: dict[str, bytes], source: Json, mode: int, label: str) -> Files:
    items = source.get("items")
    if not items:
        return {key: VolumeFile(value, mode) for key, value in data.items()}
    files: Files = {}
    for item in items:
        key = str(item.get("key", ""))
        if key not in data:
            if source.get("optional"):
                continue
            raise MountFailed(f"references non-existent {label} key: {key}")
        files[_checked(str(item.get("path", "")))] = VolumeFile(data[key], int(item.get("mode") or mode))
    return files


def _config_map(source: Json, inputs: VolumeInputs, mode: int) -> Files:
    found = inputs.sources.config_map(str(source.get("name", "")))
    if found is None:
        if source.get("optional"):
            return {}
        raise MountFailed(f'configmap "{source.get("name")}" not found', fix="create the ConfigMap or mark the volume optional")
    return _pick(config_map_data(found), source, mode, "config")


def _secret(source: Json, inputs: VolumeInputs, mode: int) -> Files:
    name = str(source.get("secretName") or source.get("name") or "")
    found = inputs.sources.secret(name)
    if found is None:
        if source.get("optional"):
            return {}
        raise MountFailed(f'secret "{name}" not found', fix="create the Secret or mark the volume optional")
    return _pick(secret_data(found), source, mode, "secret")


def _downward(pod: Json, source: Json, inputs: VolumeInputs, mode: int) -> Files:
    files: Files = {}
    for item in source.get("items") or []:
        if "fieldRef" in item:
            text = field_value(pod, str(item["fieldRef"].get("fieldPath", "")), inputs.addresses)
        else:
            reference = item.get("resourceFieldRef") or {}
            named = [c for c in pod["spec"].get("containers") or [] if c.get("name") == reference.get("containerName")]
            if not named:
                raise ConfigMissing(f"container {reference.get('containerName')!r} of a downward API item does not exist")
            text = resource_value(named[0], reference, inputs.sources.node)
        files[_checked(str(item.get("path", "")))] = VolumeFile(text.encode(), int(item.get("mode") or mode))
    return files


def _token(source: Json, inputs: VolumeInputs, mode: int) -> Files:
    path = _checked(str(source.get("path") or "token"))
    token = inputs.token(str(source.get("audience") or ""), int(source.get("expirationSeconds") or DEFAULT_TOKEN_S))
    if token is None:
        raise MountFailed("the service account token is not there yet")
    return {path: VolumeFile(token.encode(), mode)}


def _projected(pod: Json, source: Json, inputs: VolumeInputs, mode: int) -> Files:
    files: Files = {}
    for part in source.get("sources") or []:
        for kind, inner in part.items():
            if kind == "configMap":
                files |= _config_map(inner, inputs, mode)
            elif kind == "secret":
                files |= _secret(inner, inputs, mode)
            elif kind == "downwardAPI":
                files |= _downward(pod, inner, inputs, mode)
            elif kind == "serviceAccountToken":
                files |= _token(inner, inputs, 0o600)
            else:
                raise MountFailed(f"projected volumes cannot hold a {kind} here")
    return files


def render_volume(pod: Json, volume: Json, inputs: VolumeInputs) -> Files:
    """Return the files of a volume of one of `FILE_KINDS`; raises MountFailed or ConfigMissing."""
    kind = kind_of(volume)
    source = volume.get(kind) or {}
    mode = int(source.get("defaultMode") or 0o644)
    if kind == "configMap":
        files = _config_map(source, inputs, mode)
    elif kind == "secret":
        files = _secret(source, inputs, mode)
    elif kind == "downwardAPI":
        files = _downward(pod, source, inputs, mode)
    else:
        files = _projected(pod, source, inputs, mode)
    size = sum(len(file.content) for file in files.values())
    if size > MAX_VOLUME_BYTES:
        raise MountFailed(f"volume {volume.get('name')!r} holds {size} bytes, the limit is {MAX_VOLUME_BYTES}")
    return files


def tokens_of(pod: Json) -> list[tuple[str, int]]:
    """Return every (audience, lifetime in seconds) the Pod's projected volumes ask for."""
    wanted = []
    for volume in pod["spec"].get("volumes") or []:
        for part in (volume.get("projected") or {}).get("sources") or []:
            token = part.get("serviceAccountToken")
            if token is not None:
                wanted.append((str(token.get("audience") or ""), int(token.get("expirationSeconds") or DEFAULT_TOKEN_S)))
    return wanted


def claim_of(pod: Json, volume: Json) -> str:
    """Return the name of the PersistentVolumeClaim behind a volume, or an empty text."""
    if "ephemeral" in volume:
        return f"{pod['metadata']['name']}-{volume['name']}"
    return str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")


def persistent_path(claim_name: str, claim: Json | None, volume: Json | None) -> str:
    """Return the folder of a bound claim; raises MountFailed saying what is missing."""
    if claim is None:
        raise MountFailed(f'persistentvolumeclaim "{claim_name}" not found')
    if (claim.get("status") or {}).get("phase") != "Bound" or volume is None:
        raise MountFailed(f'persistentvolumeclaim "{claim_name}" is not bound to a volume yet')
    spec = volume.get("spec") or {}
    for kind in ("local", "hostPath"):
        if kind in spec:
            return str(spec[kind].get("path", ""))
    raise MountFailed(
        f"volume {volume['metadata'].get('name')!r} is of a kind this node cannot mount",
        fix="use a PersistentVolume with spec.local.path or spec.hostPath.path",
    )


def references_of(pod: Json) -> tuple[set[str], set[str]]:
    """Return the names of all ConfigMaps and Secrets the Pod's volumes refer to."""
    maps: set[str] = set()
    secrets: set[str] = set()
    for volume in pod["spec"].get("volumes") or []:
        parts = [volume, *((volume.get("projected") or {}).get("sources") or [])]
        for part in parts:
            if "configMap" in part:
                maps.add(str(part["configMap"].get("name", "")))
            if "secret" in part:
                secrets.add(str(part["secret"].get("secretName") or part["secret"].get("name") or ""))
    return maps, secrets

"""The environment of a container: literals, references, service addresses, and `$(NAME)` expansion.

Sources are looked up through `Sources`, whatever the agent has at hand; a reference to something absent raises
`ConfigMissing` unless it is optional. Order and precedence are kubelet's: services, then envFrom, then env.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec

from pilothouse.api.quantity import parse_quantity
from pilothouse.cluster.nodeagent.errors import ConfigMissing
from pilothouse.cluster.nodeagent.types import Json

_FIELD_WITH_KEY = re.compile(r"^metadata\.(labels|annotations)\['([^']{1,400})'\]$")
_NAME = re.compile(r"^[^=\0]{1,1024}$")
MAX_EXPANSIONS = 10_000


class Sources(msgspec.Struct):
    """Where references of a Pod are looked up; every function returns None for an absent object."""

    config_map: Callable[[str], Json | None]
    secret: Callable[[str], Json | None]
    node: Json = {}
    """`allocatable` values and the node's name and address: `name`, `ip`, `cpu`, `memory`."""


def config_map_data(source: Json) -> dict[str, bytes]:
    """Return every key of a ConfigMap with its bytes."""
    data = {key: str(value).encode() for key, value in (source.get("data") or {}).items()}
    return data | {key: _decode(value) for key, value in (source.get("binaryData") or {}).items()}


def secret_data(source: Json) -> dict[str, bytes]:
    """Return every key of a Secret with its bytes."""
    data = {key: _decode(value) for key, value in (source.get("data") or {}).items()}
    return data | {key: str(value).encode() for key, value in (source.get("stringData") or {}).items()}


def _decode(value: Any) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        return str(value).encode()


def expand(text: str, values: dict[str, str]) -> str:
    """Replace `$(NAME)` by its value; `$$(NAME)` is the literal, unknown names stay as they are."""
    out, position = [], 0
    for _ in range(MAX_EXPANSIONS):
        mark = text.find("$", position)
        if mark < 0 or mark + 1 >= len(text):
            break
        out.append(text[position:mark])
        if text[mark + 1] == "$":
            out.append("$")
            position = mark + 2
            continue
        end = text.find(")", mark) if text[mark + 1] == "(" else -1
        if end < 0:
            out.append(text[mark : mark + 1])
            position = mark + 1
            continue
        name = text[mark + 2 : end]
        out.append(values.get(name, text[mark : end + 1]))
        position = end + 1
    return "".join(out) + text[position:]


def field_value(pod: Json, path: str, addresses: dict[str, str]) -> str:
    """Return the value of a downward API field; `addresses` has podIP, podIPs, hostIP and hostIPs."""
    metadata, spec = pod["metadata"], pod["spec"]
    keyed = _FIELD_WITH_KEY.match(path)
    if keyed:
        return str((metadata.get(keyed[1]) or {}).get(keyed[2], ""))
    table = {
        "metadata.name": metadata.get("name", ""),
        "metadata.namespace": metadata.get("namespace", ""),
        "metadata.uid": metadata.get("uid", ""),
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        **{f"status.{key}": value for key, value in addresses.items()},
    }
    if path in table:
        return str(table[path])
    if path in {"metadata.labels", "metadata.annotations"}:
        entries = metadata.get(path.partition(".")[2]) or {}
        return "\n".join(f"{key}={_quote(str(value))}" for key, value in sorted(entries.items()))
    raise ConfigMissing(f"fieldPath {path!r} is not supported", fix="use metadata.*, spec.nodeName or status.podIP")


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def resource_value(container: Json, reference: Json, node: Json) -> str:
    """Return the value of a resourceFieldRef: a whole number of `divisor` units, rounded up."""
    resource = str(reference.get("resource", ""))
    side, _, name = resource.partition(".")
    if side not in {"limits", "requests"}:
        raise ConfigMissing(f"resource {resource!r} is not supported", fix="use limits.cpu, limits.memory or requests.*")
    resources = container.get("resources") or {}
    text = (resources.get(side) or {}).get(name)
    if text is None and side == "requests":
        text = (resources.get("limits") or {}).get(name)
    if text is None:
        text = node.get(name, "0") if side == "limits" else "0"
    divisor = parse_quantity(reference.get("divisor") or "1")
    value = parse_quantity(str(text)) / (divisor or Fraction(1))
    return str(-((-value.numerator) // value.denominator))


def service_env(
    services: list[Json], namespace: str, are_linked: bool, address: Callable[[str, int], tuple[str, int]]
) -> dict[str, str]:
    """Return the variables that announce Services: those of the namespace, and always `kubernetes`.

    `address(cluster_ip, port)` is what the Pod has to dial: the same without change where Pods have a network of their own.
    """
    env: dict[str, str] = {}
    for service in services:
        metadata, spec = service["metadata"], service.get("spec") or {}
        is_master = (metadata.get("namespace"), metadata.get("name")) == ("default", "kubernetes")
        ip = spec.get("clusterIP")
        if not ip or ip == "None" or not (is_master or (are_linked and metadata.get("namespace") == namespace)):
            continue
        prefix = str(metadata["name"]).upper().replace("-", "_")
        for index, port in enumerate(spec.get("ports") or []):
            host, number = address(ip, int(port["port"]))
            env |= _port_env(prefix, index, port, host, number)
    return env


def _port_env(prefix: str, index: int, port: Json, host: str, number: int) -> dict[str, str]:
    protocol = str(port.get("protocol") or "TCP")
    base = f"{prefix}_PORT_{port['port']}_{protocol}"
    url = f"{protocol.lower()}://{host}:{number}"
    env = {base: url, f"{base}_PROTO": protocol.lower(), f"{base}_PORT": str(number), f"{base}_ADDR": host}
    if index == 0:
        env |= {f"{prefix}_SERVICE_HOST": host, f"{prefix}_SERVICE_PORT": str(number), f"{prefix}_PORT": url}
    if port.get("name"):
        env[f"{prefix}_SERVICE_PORT_{str(port['name']).upper().replace('-', '_')}"] = str(number)
    return env


def container_env(
    pod: Json, container: Json, sources: Sources, addresses: dict[str, str], base: dict[str, str]
) -> dict[str, str]:
    """Return the whole environment of `container`; `base` holds service variables; raises ConfigMissing."""
    env = dict(base)
    for source in container.get("envFrom") or []:
        prefix = str(source.get("prefix") or "")
        for kind, lookup, read in (
            ("configMapRef", sources.config_map, config_map_data),
            ("secretRef", sources.secret, secret_data),
        ):
            reference = source.get(kind)
            if reference is None:
                continue
            found = lookup(str(reference.get("name", "")))
            if found is None and not reference.get("optional"):
                raise _absent(kind.removesuffix("Ref"), str(reference.get("name")))
            env |= {
                prefix + key: value.decode("utf-8", "replace") for key, value in read(found or {}).items() if _NAME.match(key)
            }
    for entry in container.get("env") or []:
        value = _entry_value(pod, container, entry, sources, addresses, env)
        if value is not None:
            env[str(entry["name"])] = value
    return env


def _absent(kind: str, name: str) -> ConfigMissing:
    return ConfigMissing(f'{kind.lower()} "{name}" not found', fix=f"create the {kind} or mark the reference optional")


def _entry_value(
    pod: Json, container: Json, entry: Json, sources: Sources, addresses: dict[str, str], env: dict[str, str]
) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return expand(str(entry.get("value") or ""), env)
    if "fieldRef" in source:
        return field_value(pod, str(source["fieldRef"].get("fieldPath", "")), addresses)
    if "resourceFieldRef" in source:
        return resource_value(container, source["resourceFieldRef"], sources.node)
    for kind, lookup, read in (
        ("configMapKeyRef", sources.config_map, config_map_data),
        ("secretKeyRef", sources.secret, secret_data),
    ):
        if kind in source:
            return _key_value(source[kind], kind.removesuffix("KeyRef"), lookup, read, pod)
    raise ConfigMissing(f"environment variable {entry.get('name')!r} has an unknown valueFrom")


def _key_value(
    reference: Json, kind: str, lookup: Callable[[str], Json | None], read: Callable[[Json], dict[str, bytes]], pod: Json
) -> str | None:
    name, key = str(reference.get("name", "")), str(reference.get("key", ""))
    found = lookup(name)
    if found is None:
        if reference.get("optional"):
            return None
        raise _absent(kind, name)
    data = read(found)
    if key not in data:
        if reference.get("optional"):
            return None
        title = {"configMap": "ConfigMap", "secret": "Secret"}[kind]
        raise ConfigMissing(f"couldn't find key {key} in {title} {pod['metadata'].get('namespace')}/{name}")
    return data[key].decode("utf-8", "replace")

"""Where an object is asked: at a Service, a Pod or an Ingress, at every Pod of a workload, or where it is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health import kind_of
from pilothouse.delivery.gitops.engine.probes.specs import Probe
from pilothouse.kit.errors import Invalid

_FIELD = re.compile(r"\{\{\s*\.?([A-Za-z0-9_.\-/\[\]]+)\s*\}\}")
_STEP = re.compile(r"[^.\[\]]+")


class Target(msgspec.Struct, frozen=True):
    """One address."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def netloc(self) -> str:
        """The host and port as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def filled(text: str, tree: Tree) -> str:
    """Return a text with `{{ .metadata.name }}` and the like replaced; raises `Invalid` when the object has no such field."""

    def value(found: re.Match[str]) -> str:
        place: Any = tree
        for step in _STEP.findall(found[1]):
            if isinstance(place, list):
                place = place[int(step)] if step.isdigit() and int(step) < len(place) else None
            else:
                place = place.get(step) if isinstance(place, dict) else None
        if place is None or isinstance(place, dict | list):
            raise Invalid(f"the object has no field {found[1]} for the health probe")
        return str(place)

    return _FIELD.sub(value, text)


def pod_selector(probe: Probe, tree: Tree) -> dict[str, str] | None:
    """Return the labels of the Pods that are to be asked, None when the object itself has an address."""
    if probe.url or probe.host:
        return None
    group, _, kind = kind_of(tree)
    spec = _map(tree.get("spec"))
    if (group, kind) == ("", "Service"):
        is_headless = spec.get("clusterIP") in {None, "", "None"} and spec.get("type") != "ExternalName"
        return _labels(spec.get("selector"), kind) if probe.each_pod or is_headless else None
    if kind in {"Pod", "Ingress"} and group in {"", "networking.k8s.io", "extensions"}:
        return None
    selector = _map(spec.get("selector"))
    return _labels(selector.get("matchLabels") or (selector if kind == "ReplicationController" else None), kind)


def is_written_down(probe: Probe, tree: Tree) -> bool:
    """Whether somebody chose the host, unlike the address of a Service or Pod, which the cluster gave it."""
    is_external = _map(tree.get("spec")).get("type") == "ExternalName"
    return bool(probe.url or probe.host) or is_external or kind_of(tree)[2] == "Ingress"


def targets_of(probe: Probe, tree: Tree, pods: Sequence[Tree] = ()) -> list[Target]:
    """Return the addresses to ask; raises `Invalid` when none can be told."""
    if probe.url:
        return [_of_url(filled(probe.url, tree))]
    path = filled(probe.path, tree)
    path = path if path.startswith("/") else f"/{path}"
    if probe.host:
        return [Target(probe.scheme, filled(probe.host, tree), _number(probe, ()), path)]
    if pod_selector(probe, tree) is not None:
        return [found for pod in pods for found in _of_pod(probe, pod, path)]
    spec = _map(tree.get("spec"))
    kind = tree.get("kind")
    if kind == "Pod":
        return list(_of_pod(probe, tree, path))
    if kind == "Ingress":
        return [_of_ingress(probe, spec, path)]
    host = str(spec.get("externalName") if spec.get("type") == "ExternalName" else spec.get("clusterIP"))
    return [Target(probe.scheme, host, _number(probe, spec.get("ports") or (), "port"), path)]


def _of_url(url: str) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Invalid(f"{url} is no URL: {error}") from None
    if not parts.hostname or any(ord(each) <= 32 or ord(each) > 126 for each in url):
        raise Invalid(f"{url!r} is no URL that can be asked")
    return Target(parts.scheme, parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _of_pod(probe: Probe, pod: Tree, path: str) -> Iterator[Target]:
    status, spec = _map(pod.get("status")), _map(pod.get("spec"))
    is_going = bool(_map(pod.get("metadata")).get("deletionTimestamp"))
    if status.get("podIP") and status.get("phase") in {"Running", None} and not is_going:
        ports = [port for container in spec.get("containers") or () for port in _map(container).get("ports") or ()]
        yield Target(probe.scheme, str(status["podIP"]), _number(probe, ports, "containerPort"), path)


def _of_ingress(probe: Probe, spec: Tree, path: str) -> Target:
    host = next((str(rule["host"]) for rule in spec.get("rules") or () if _map(rule).get("host")), "")
    if not host:
        raise Invalid("the Ingress has no host to ask", fix="set `url` in the health probe")
    is_secure = any(host in (_map(entry).get("hosts") or ()) for entry in spec.get("tls") or ())
    scheme = "https" if is_secure else probe.scheme
    return Target(scheme, host, _number(probe, ()) if probe.port else (443 if scheme == "https" else 80), path)


def _number(probe: Probe, ports: Sequence[Any], field: str = "port") -> int:
    """Return the port: the one written down, the one of that name, or the first there is."""
    if isinstance(probe.port, int) and probe.port:
        return probe.port
    for port in ports:
        found = _map(port)
        if isinstance(found.get(field), int) and probe.port in {0, found.get("name")}:
            return int(found[field])
    if probe.port:
        raise Invalid(f"the object has no port named {probe.port!r}")
    if probe.kind == "http":
        return 443 if probe.scheme == "https" else 80
    raise Invalid(f"the {probe.kind} probe needs a port")


def _labels(value: Any, kind: str) -> dict[str, str]:
    labels = {str(key): str(each) for key, each in _map(value).items()}
    if not labels:
        raise Invalid(f"no address can be told from a {kind or 'thing'}", fix="set `url` or `host` in the health probe")
    return labels


def _map(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}

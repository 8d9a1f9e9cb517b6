"""What Applications of a project may use: sources, destinations, kinds, namespaces."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.gitops.engine.projects.globs import is_denial, matches, matches_any

Spec = dict[str, Any]
_SCP = re.compile(r"(?:ssh://)?((?:[^@/]+@)?[^/:]+):(?!\d+(?:/|$))(?!//)(.*)", re.DOTALL)


def normal_url(url: str) -> str:
    """Return a repository URL in the form in which two of them are compared."""
    text = url.strip().lower()
    scp = _SCP.fullmatch(text)
    if scp and not text.startswith(("http://", "https://", "oci://", "file://")):
        text = f"ssh://{scp[1]}/{scp[2].lstrip('/')}"
    return text.rstrip("/").removesuffix(".git")


def is_source_permitted(patterns: list[str], url: str) -> bool:
    """Whether a repository may be used: one pattern has to match, and no denial may."""
    wanted, is_matched = normal_url(url), False
    for pattern in patterns:
        body = pattern.removeprefix("!")
        prefix = "!" if is_denial(pattern) else ""
        if matches(prefix + normal_url(body), wanted, denies=True, separator="/"):
            is_matched = True
        elif is_denial(pattern):
            return False
    return is_matched


def is_destination_permitted(destinations: list[Spec], *, server: str, cluster: str, namespace: str) -> bool:
    """Whether a cluster (known by URL, by name or by both) and namespace may be written to; a denial wins."""
    is_matched = False
    for entry in destinations:
        name, url, space = (str(entry.get(key) or "") for key in ("name", "server", "namespace"))
        by_name = bool(cluster) and bool(name) and matches(name, cluster, denies=True)
        by_server = bool(server) and bool(url) and matches(url, server, denies=True)
        in_namespace = matches(space, namespace, denies=True)
        if (by_name or by_server) and in_namespace:
            is_matched = True
        elif _denies(entry, by_name=by_name, by_server=by_server, in_namespace=in_namespace):
            return False
    return is_matched


def _denies(entry: Spec, *, by_name: bool, by_server: bool, in_namespace: bool) -> bool:
    """Whether an entry that does not match forbids the destination: its cluster or its namespace is a denial."""
    if not in_namespace:
        return is_denial(str(entry.get("namespace") or "")) and (by_server or by_name)
    return (is_denial(str(entry.get("name") or "")) and not by_name) or (
        is_denial(str(entry.get("server") or "")) and not by_server
    )


def is_project_cluster(clusters: list[Spec], *, server: str, cluster: str) -> bool:
    """Whether a cluster belongs to the project itself."""
    return any((server and entry.get("server") == server) or (cluster and entry.get("name") == cluster) for entry in clusters)


def is_resource_permitted(spec: Spec, group: str, kind: str, name: str, *, is_namespaced: bool) -> bool:
    """Whether objects of a kind may be synced: cluster kinds have to be allowed, namespaced ones only where a list is given."""
    prefix = "namespace" if is_namespaced else "cluster"
    allowed, denied = spec.get(f"{prefix}ResourceWhitelist"), spec.get(f"{prefix}ResourceBlacklist") or []
    is_allowed = _is_listed(allowed or [], group, kind, name) if allowed is not None or not is_namespaced else True
    return is_allowed and not _is_listed(denied, group, kind, name)


def _is_listed(rules: list[Spec], group: str, kind: str, name: str) -> bool:
    return any(
        matches(str(rule.get("group") or ""), group)
        and matches(str(rule.get("kind") or ""), kind)
        and (not rule.get("name") or not name or matches(str(rule["name"]), name))
        for rule in rules
    )


def is_source_namespace_permitted(patterns: list[str], namespace: str, controller_namespace: str) -> bool:
    """Whether Applications of a namespace may belong to the project; the controller's own namespace always may."""
    return namespace == controller_namespace or matches_any(patterns, namespace)

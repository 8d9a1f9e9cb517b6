"""Discovery: which groups, versions and resources there are, in the legacy and the aggregated form."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from pilothouse.api.scheme import Resource, Scheme, Subresource
from pilothouse.cluster.apiserver.backend import Config
from pilothouse.cluster.apiserver.errors import PlainError, no_resource
from pilothouse.cluster.apiserver.http.respond import answer_tree, dumps
from pilothouse.wire.http.messages import Request, Response

Obj = dict[str, Any]
_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Others(Protocol):
    """What other servers add to discovery."""

    def groups(self, own: list[Obj]) -> list[Obj]:
        """Return the groups of the legacy form with those of others."""
        ...

    def aggregated(self, own: list[Obj], *, is_core: bool) -> list[Obj]:
        """Return the groups of the aggregated form with those of others."""
        ...


def discover(scheme: Scheme, config: Config, request: Request, others: Others | None) -> Response | None:
    """Answer a discovery path; None when the path is none. `others` is None while nobody else serves anything."""
    parts = [part for part in request.path.split("/") if part]
    if request.path in ("/api", "/api/", "/apis", "/apis/"):
        is_core = parts[0] == "api"
        if _wants_aggregated(request):
            return _aggregated(scheme, request, is_core, others)
        return answer_tree(_core(config) if is_core else _groups(scheme, others))
    if len(parts) == 2 and parts[0] == "apis":
        found = next((found for found in _groups(scheme, others)["groups"] if found["name"] == parts[1]), None)
        if found is None:
            raise PlainError(404, "404 page not found")
        return answer_tree({"kind": "APIGroup", "apiVersion": "v1", **found})
    if (len(parts) == 2 and parts[0] == "api") or (len(parts) == 3 and parts[0] == "apis"):
        name = parts[1] if parts[0] == "apis" else ""
        return answer_tree(_resources(scheme, name, parts[-1]))
    return None


def _wants_aggregated(request: Request) -> bool:
    for choice in request.header("accept").split(","):
        parameters = {part.strip() for part in choice.split(";")}
        if "g=apidiscovery.k8s.io" in parameters and "as=APIGroupDiscoveryList" in parameters and "v=v2" in parameters:
            return True
        if choice.strip().startswith("application/json") and "as=" not in choice:
            return False
    return False


def _core(config: Config) -> Obj:
    address = f"{config.advertise_address}:{config.advertise_port}"
    return {
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }  # fmt: skip


def _groups(scheme: Scheme, others: Others | None) -> Obj:
    groups = [group(scheme, name) for name in scheme.groups if name]
    if others is not None:
        groups = others.groups(groups)
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(scheme: Scheme, name: str) -> Obj:
    """Return one group with its versions."""
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in scheme.groups[name]]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(scheme: Scheme, name: str, version: str) -> Obj:
    if version not in scheme.groups.get(name, ()):
        if name and name not in scheme.groups:
            raise PlainError(404, "404 page not found")
        raise no_resource()
    group_version = f"{name}/{version}" if name else version
    rows: list[Obj] = []
    for resource in scheme.in_version(name, version):
        rows.append(_legacy(resource))
        rows += [_legacy_subresource(resource, sub) for sub in resource.subresources.values()]
    head: Obj = {"kind": "APIResourceList"}
    if name:
        head["apiVersion"] = "v1"
    return {**head, "groupVersion": group_version, "resources": rows}


def _legacy(resource: Resource) -> Obj:
    row: Obj = {
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced, "kind": resource.kind,
        "verbs": list(_verbs(resource)),
    }  # fmt: skip
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if "list" in resource.verbs and resource.kind != "ComponentStatus":
        row["storageVersionHash"] = resource.storage_version_hash()
    return row


def _verbs(resource: Resource) -> tuple[str, ...]:
    return resource.verbs


def _legacy_subresource(resource: Resource, sub: Subresource) -> Obj:
    row: Obj = {"name": f"{resource.plural}/{sub.name}", "singularName": "", "namespaced": resource.namespaced}
    if sub.group != resource.group or sub.version != resource.version:
        row["group"], row["version"] = sub.group, sub.version
    row["kind"] = sub.kind
    row["verbs"] = list(sub.verbs)
    return row


def _aggregated(scheme: Scheme, request: Request, is_core: bool, others: Others | None) -> Response:
    groups = [""] if is_core else [name for name in scheme.groups if name]
    items = [_aggregated_group(scheme, name) for name in groups]
    if others is not None:
        items = others.aggregated(items, is_core=is_core)
    tree = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}
    body = dumps(tree)
    etag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
    headers = [("etag", etag), ("cache-control", "public"), ("vary", "Accept")]
    if request.header("if-none-match") == etag:
        return Response(304, b"", headers, "")
    return Response(200, body, headers, _TYPE)


def _aggregated_group(scheme: Scheme, name: str) -> Obj:
    versions = []
    for version in scheme.groups[name]:
        rows = [_aggregated_resource(resource) for resource in scheme.in_version(name, version)]
        versions.append({"version": version, "resources": rows, "freshness": "Current"})
    return {"metadata": {"name": name} if name else {}, "versions": versions}


def _aggregated_resource(resource: Resource) -> Obj:
    kind = {"group": "", "version": "", "kind": resource.kind}
    if resource.is_custom:
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    row: Obj = {
        "resource": resource.plural, "responseKind": kind, "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular, "verbs": list(_verbs(resource)),
    }  # fmt: skip
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if resource.subresources:
        row["subresources"] = [_aggregated_sub(resource, sub) for sub in resource.subresources.values()]
    return row


def _aggregated_sub(resource: Resource, sub: Subresource) -> Obj:
    same = (sub.group, sub.version) == (resource.group, resource.version)
    kind = {"group": "" if same else sub.group, "version": "" if same else sub.version, "kind": sub.kind}
    if resource.is_custom:
        kind = {"group": sub.group, "version": sub.version, "kind": sub.kind}
    return {"subresource": sub.name, "responseKind": kind, "verbs": list(sub.verbs)}

"""The OpenAPI documents; made when first asked for and kept as bytes under a hash of what they depend on."""

from __future__ import annotations

import hashlib
from typing import Any

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.api.scheme.table import load_facts
from pilothouse.cluster.apiserver.discovery.health import CHECKS
from pilothouse.cluster.apiserver.discovery.paths import META, PathWriter
from pilothouse.cluster.apiserver.discovery.schemas import SchemaWriter
from pilothouse.cluster.apiserver.discovery.summits import summit, summit_names
from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.cluster.apiserver.http.respond import TEXT, answer_tree, dumps
from pilothouse.wire.http.messages import Request, Response

Obj = dict[str, Any]
_ALWAYS = ("APIResourceList", "DeleteOptions", "Patch", "Status", "WatchEvent")
_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2"
_FAR = "Thu, 31 Dec 2037 23:55:55 GMT"


class OpenApi:
    """Answers the paths below /openapi."""

    def __init__(self, scheme: Scheme) -> None:
        """Describe `scheme`; nothing is built before somebody asks."""
        self.scheme = scheme
        self._texts: dict[str, dict[str, str]] | None = None
        self._documents: dict[str, tuple[str, bytes]] = {}

    def answer(self, request: Request, others: dict[str, Obj]) -> Response:
        """Answer an OpenAPI path; `others` are the rows that other servers add to the index."""
        path = request.path.rstrip("/")
        if path == "/openapi/v3":
            return self._index(request, others)
        if path == "/openapi/v2":
            return self._merged(request)
        if not path.startswith("/openapi/v3/"):
            raise PlainError(404, "404 page not found")
        name = path.removeprefix("/openapi/v3/")
        if name not in self.names() and name not in summit_names(self.scheme):
            raise PlainError(404, "404 page not found")
        return self._document(request, name)

    def names(self) -> dict[str, tuple[str, str]]:
        """Return (group, version) of every document by its name."""
        out = {}
        for group, versions in self.scheme.groups.items():
            for version in versions:
                out[f"apis/{group}/{version}" if group else f"api/{version}"] = (group, version)
        return out

    def hash_of(self, group: str, version: str) -> str:
        """Return the hash of what a document depends on: the facts, and the schemas of custom resources."""
        digest = hashlib.sha512(f"{self.scheme.version}/{group}/{version}/1".encode())
        for resource in self.scheme.in_version(group, version):
            if resource.is_custom:
                digest.update(dumps([resource.plural, resource.kind, resource.schema.raw, sorted(resource.subresources)]))
        return digest.hexdigest().upper()

    def _index(self, request: Request, others: dict[str, Obj]) -> Response:
        names = sorted([*self.names(), *summit_names(self.scheme)])
        paths = {name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={self._hash(name)}"} for name in names}
        body = dumps({"paths": dict(sorted({**paths, **others}.items())) if others else paths})
        etag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
        if request.header("if-none-match") == etag:
            return Response(304, b"", [("etag", etag)], "")
        return Response(200, body, [("etag", etag), ("cache-control", "no-cache, private"), ("vary", "Accept")], TEXT)

    def _document(self, request: Request, name: str) -> Response:
        digest = self._hash(name)
        headers = [("etag", f'"{digest}"'), ("vary", "Accept")]
        wanted = request.param("hash")
        if wanted and wanted != digest:
            return Response(301, b"", [("location", f"/openapi/v3/{name}?hash={digest}"), *headers], "")
        if request.header("if-none-match") == f'"{digest}"':
            return Response(304, b"", headers, "")
        known = self._documents.get(name)
        if known is None or known[0] != digest:
            known = self._documents[name] = (digest, dumps(self._built(name)))
        if wanted:
            headers += [("cache-control", "public, immutable"), ("expires", _FAR)]
        return Response(200, known[1], headers, "application/json")

    def _hash(self, name: str) -> str:
        return self.hash_of(*self.names().get(name, (name, "")))

    def _built(self, name: str) -> Obj:
        found = self.names().get(name)
        if found is not None:
            return self.build(*found)
        schemas = SchemaWriter(self.scheme, self._descriptions())
        paths, needed = summit(name)
        for schema in needed:
            schemas.need(schema)
        return self._wrapped(paths, schemas)

    def _wrapped(self, paths: Obj, schemas: SchemaWriter) -> Obj:
        return {
            "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": ".".join(self.scheme.version.split(".")[:2])},
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": dict(sorted(schemas.out.items())), "securitySchemes": _SECURITY},
        }  # fmt: skip

    def _descriptions(self) -> dict[str, dict[str, str]]:
        if self._texts is None:
            self._texts = load_facts("texts.bin")
        return self._texts

    def schema_names(self, resources: list[Resource]) -> dict[str, str]:
        """Return the schema name of every kind the resources speak of."""
        names: dict[str, str] = {}
        for name, raw in self.scheme.definitions.raw.items():
            for group, version, kind in raw.get("gvk", ()):
                names[f"{group}/{version}/{kind}"] = name
        for resource in resources:
            if resource.is_custom:
                base = custom_name(resource)
                names[f"{resource.group}/{resource.version}/{resource.kind}"] = base
                names[f"{resource.group}/{resource.version}/{resource.list_kind}"] = f"{base}List"
        return names

    def build(self, group: str, version: str, *, v2: bool = False) -> Obj:
        """Return the document of a group version; custom resources as readers of version 2 take them when `v2`."""
        resources = list(self.scheme.in_version(group, version))
        names = self.schema_names(resources)
        writer = PathWriter(group, version, names)
        schemas = SchemaWriter(self.scheme, self._descriptions())
        writer.root()
        for resource in resources:
            writer.resource(resource)
            self._schemas_of(resource, names, schemas, v2=v2)
        for name in _ALWAYS:
            schemas.need(META + name)
        return self._wrapped(writer.paths, schemas)

    def _schemas_of(self, resource: Resource, names: dict[str, str], schemas: SchemaWriter, *, v2: bool) -> None:
        if resource.is_custom:
            schemas.custom(custom_name(resource), resource, v2=v2)
        else:
            schemas.need(resource.schema.name)
            schemas.need(names.get(f"{resource.group}/{resource.version}/{resource.list_kind}", ""))
        for sub in resource.subresources.values():
            schemas.need(names.get(f"{sub.group}/{sub.version}/{sub.kind}", ""))

    def _merged(self, request: Request) -> Response:
        """Answer the version 2 document: the definitions of all group versions, and their paths by name.

        As protobuf it names no definition: clients ask for that form about kinds nobody serves, and then read that there is none.
        """
        digest = hashlib.sha512("".join(self.hash_of(*found) for found in self.names().values()).encode()).hexdigest().upper()
        etag = f'"{digest}"'
        if request.header("if-none-match") == etag:
            return Response(304, b"", [("etag", etag)], "")
        if request.header("accept").startswith(_V2_PROTOBUF):
            release = f"v{self.scheme.version}".encode()
            title = b"\x0a\x0aKubernetes\x12" + bytes((len(release),)) + release
            message = b"\x0a\x032.0\x12" + bytes((len(title),)) + title
            return Response(200, message, [("etag", etag), ("vary", "Accept")], "application/octet-stream")
        known = self._documents.get("v2")
        if known is None or known[0] != digest:
            definitions: Obj = {}
            paths: Obj = {}
            for group, version in self.names().values():
                document = self.build(group, version, v2=True)
                definitions.update(document["components"]["schemas"])
                paths.update(document["paths"])
            info = {"title": "Kubernetes", "version": f"v{self.scheme.version}"}
            body = dumps({"swagger": "2.0", "info": info, "paths": paths, "definitions": definitions})
            known = self._documents["v2"] = (digest, body.replace(b"#/components/schemas/", b"#/definitions/"))
        return Response(200, known[1], [("etag", etag), ("vary", "Accept")], "application/json")

    def paths(self) -> Response:
        """Answer the root path."""
        paths = [
            "/.well-known/openid-configuration", "/api", "/apis", "/apis/", "/flagz", "/metrics", "/metrics/slis", "/openapi/v2",
            "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/statusz", "/version",
        ]  # fmt: skip
        paths += [path for root, names in CHECKS.items() for path in (f"/{root}", *(f"/{root}/{name}" for name in names))]
        for group, versions in self.scheme.groups.items():
            if group:
                paths.append(f"/apis/{group}")
            paths += [f"/apis/{group}/{version}" if group else f"/api/{version}" for version in versions]
        return answer_tree({"paths": sorted(paths)})


_SECURITY = {
    "BearerToken": {"type": "apiKey", "description": "Bearer Token authentication", "name": "authorization", "in": "header"}
}


def custom_name(resource: Resource) -> str:
    """Return the schema name of a custom resource: its group reversed, version and kind."""
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])

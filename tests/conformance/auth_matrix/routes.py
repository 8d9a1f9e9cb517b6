"""The routes of a running server, as it describes them itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from tests.unit.cluster.apiserver.driver import Driver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PLACES = {"namespace": "other", "name": "thing", "path": "deep/er", "logpath": "kubelet.log"}
OUTSIDE = (
    "/", "/healthz", "/livez", "/readyz", "/healthz/ping", "/livez/ping", "/readyz/ping", "/version", "/metrics", "/metrics/slis",
    "/statusz", "/flagz", "/openapi/v2", "/openapi/v3", "/.well-known/openid-configuration", "/openid/v1/jwks", "/debug/pprof",
    "/logs", "/ui", "/swagger.json", "/api/v1/watch/secrets", "/api/v1/watch/namespaces/other/secrets/thing",
)  # fmt: skip


class Route(NamedTuple):
    """A path with its places filled in, and what it is a path of."""

    path: str
    group: str = ""
    resource: str = ""
    subresource: str = ""

    @property
    def is_resource(self) -> bool:
        """Whether it is a path below a group version."""
        return bool(self.resource)


def route_of(path: str) -> Route:
    """Return the route of a path template."""
    filled = path
    for name, value in PLACES.items():
        filled = filled.replace(f"{{{name}}}", value)
    parts = filled.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, rest = "", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, rest = parts[1], parts[3:]
    else:
        return Route(filled)
    if rest[0] == "watch":
        rest = rest[1:]
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        rest = rest[2:]
    return Route(filled, group, rest[0], rest[2] if len(rest) > 2 else "")


async def _document(driver: Driver, path: str) -> Any:
    return orjson.loads(await (await driver.send("GET", path)).read())


async def discover(driver: Driver) -> list[Route]:
    """Return every route: paths of all OpenAPI documents, resources of all discovery documents, and those outside of both."""
    paths: set[str] = set(OUTSIDE)
    for name in (await _document(driver, "/openapi/v3"))["paths"]:
        paths |= set((await _document(driver, f"/openapi/v3/{name}"))["paths"])
    versions = ["/api/v1"]
    for group in (await driver.ok("GET", "/apis"))["groups"]:
        versions += [f"/apis/{version['groupVersion']}" for version in group["versions"]]
    for base in versions:
        for resource in (await driver.ok("GET", base))["resources"]:
            plural, _, sub = resource["name"].partition("/")
            home = f"{base}/namespaces/{{namespace}}" if resource["namespaced"] else base
            paths.add(f"{home}/{plural}/{{name}}" + (f"/{sub}" if sub else ""))
            if not sub:
                paths |= {f"{home}/{plural}", f"{base}/{plural}"}
    return [route_of(path) for path in sorted(paths)]

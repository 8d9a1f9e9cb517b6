"""What a URL path means, before any resource is looked up."""

from __future__ import annotations

import msgspec

from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.wire.http.messages import Request

MAX_PATH = 4096
_NAMESPACE_SUBRESOURCES = frozenset(("status", "finalize"))
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "HEAD": "head", "OPTIONS": "options", "TRACE": "trace"}


class Target(msgspec.Struct, frozen=True):
    """A path below a group version."""

    group: str
    version: str
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """What follows the subresource: the path of a proxy request."""


def parse_path(path: str) -> Target | None:
    """Return the target of a resource path; None for discovery, health and everything else outside."""
    if len(path) > MAX_PATH:
        raise PlainError(414, "URI too long")
    if "\x00" in path or "//" in path or "/../" in path or path.endswith("/.."):
        raise PlainError(404, "404 page not found")
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        return _below("", parts[1], parts[2:])
    if parts[0] == "apis" and len(parts) >= 4:
        return _below(parts[1], parts[2], parts[3:])
    return None


def _below(group: str, version: str, parts: list[str]) -> Target:
    namespace = ""
    if parts[0] == "watch" and len(parts) > 1:
        parts = parts[1:]
    if parts[0] == "namespaces" and len(parts) >= 3 and not (len(parts) == 3 and parts[2] in _NAMESPACE_SUBRESOURCES):
        namespace, parts = parts[1], parts[2:]
    elif parts[0] == "namespaces" and len(parts) >= 2:
        namespace = parts[1]
    name = parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    return Target(group, version, namespace, parts[0], name, subresource, "/".join(parts[3:]))


def verb_of(request: Request, target: Target) -> str:
    """Return the request verb as authorisation names it."""
    if request.method == "GET":
        if target.name:
            return "get"
        return "watch" if is_watch(request) else "list"
    if request.method == "DELETE":
        return "delete" if target.name else "deletecollection"
    if target.subresource == "proxy" and request.method in ("HEAD", "OPTIONS"):
        return "get"  # passed on to the program behind, which they only ask
    return _VERBS.get(request.method, request.method.lower())


def is_watch(request: Request) -> bool:
    """Whether the query or the legacy path asks for a watch."""
    for key, value in request.query:
        if key == "watch":
            return value.lower() not in ("false", "0")
    parts = request.path.split("/", 5)  # /api/VERSION/watch/... or /apis/GROUP/VERSION/watch/...
    return "/watch/" in request.path and parts[3 if parts[1] == "api" else 4] == "watch"

"""The columns of the matrix: who asks, in which way, and which answers are a denial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pilothouse.wire.http.messages import Peer, Request, split_target
from tests.conformance.auth_matrix.routes import METHODS, Route
from tests.conformance.auth_matrix.world import World, parent_user

NOBODY = Peer("matrix")
UNKNOWN, FORBIDDEN = frozenset((401,)), frozenset((403,))
REFUSED = frozenset((401, 403))
ODD = frozenset((400, 401, 403, 404, 405, 414))
"""What odd paths may be answered with; a 404 must be the plain one, of a path that leads nowhere."""
PUBLIC = frozenset(("/healthz", "/livez", "/readyz", "/version", "/version/"))
"""What anybody may GET (system:public-info-viewer)."""
DISCOVERY = ("/api", "/apis", "/openapi")
"""Below these, who logged in may GET what is outside of group versions (system:discovery)."""
SELF = frozenset(("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"))
"""What who logged in may create (system:basic-user)."""
WRITES = ("POST", "PUT", "PATCH", "DELETE")


OPEN_TO_NODES = frozenset(
    (
        "services", "nodes", "pods", "leases", "csinodes", "resourceslices", "events", "endpoints", "csidrivers",
        "runtimeclasses", "certificatesigningrequests", "tokenreviews", "subjectaccessreviews", "localsubjectaccessreviews",
    )
)  # fmt: skip
"""What the role of nodes names without looking at the object, and what NodeRestriction looks at, which has its own tests."""


class Cell(NamedTuple):
    """One request that must be denied."""

    column: str
    method: str
    target: str
    headers: dict[str, str]
    peer: Peer
    denials: frozenset[int]
    has_rights: bool = False
    """The user may do anything in a namespace of its own, so it may be told that something there does not exist."""

    def request(self) -> Request:
        """Return the request as the HTTP edge would hand it over."""
        path, query = split_target(self.target)
        body = b"{}" if self.method in WRITES else b""
        headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "matrix", **self.headers}
        return Request(self.method, path, query, headers, body, self.peer, raw_target=self.target)


def user(name: str, *groups: str) -> Peer:
    """Return somebody with a certificate."""
    return Peer("matrix", name, groups)


def cells(world: World) -> Iterator[Cell]:
    """Yield the whole matrix."""
    for route in world.routes:
        yield from _credentials(world, route)
        yield from _rights(route)
        yield from _node(route)
        yield from _impersonation(route)
        yield from _odd_paths(route)


def _is_for_all(route: Route, method: str, *, logged_in: bool) -> bool:
    if route.is_resource:
        return logged_in and method == "POST" and route.resource in SELF
    if method != "GET":
        return False
    return route.path in PUBLIC or (logged_in and route.path.startswith(DISCOVERY))


def _credentials(world: World, route: Route) -> Iterator[Cell]:
    for method in METHODS:
        for name, token in world.tokens.items():
            yield Cell(name, method, route.path, {"authorization": f"Bearer {token}"}, NOBODY, UNKNOWN)
        if _is_for_all(route, method, logged_in=False):
            continue
        front = {"x-remote-user": "admin", "x-remote-group": "system:masters", "x-forwarded-user": "admin"}
        yield Cell("no credential", method, route.path, {}, NOBODY, FORBIDDEN)
        yield Cell("basic auth", method, route.path, {"authorization": "Basic YWRtaW46YWRtaW4="}, NOBODY, FORBIDDEN)
        yield Cell("headers of a proxy", method, route.path, front, NOBODY, FORBIDDEN)


def _rights(route: Route) -> Iterator[Cell]:
    joe = {"authorization": "Bearer joes-token"}
    for method in METHODS:
        if not _is_for_all(route, method, logged_in=True):
            yield Cell("no rights", method, route.path, joe, NOBODY, FORBIDDEN)
            if route.is_resource:
                yield Cell("rights elsewhere", method, route.path, {}, user("local-admin"), FORBIDDEN)
        if route.is_resource and route.subresource:
            yield Cell("parent only", method, route.path, {}, user(parent_user(route.group, route.resource)), FORBIDDEN)
    if not route.is_resource:
        return
    for method in WRITES:
        if not _is_for_all(route, method, logged_in=True):
            reads = {"x-http-method-override": "GET", "x-method-override": "GET"}
            yield Cell("reads only", method, route.path, {}, user("reader"), FORBIDDEN)
            yield Cell("reads only, another method in a header", method, route.path, reads, user("reader"), FORBIDDEN)
    yield from _wrong_read(route)


def _node(route: Route) -> Iterator[Cell]:
    """A node on which nothing runs reaches nothing of what nodes reach through their Pods."""
    if not route.is_resource or route.resource in OPEN_TO_NODES or route.resource in SELF:
        return
    for method in METHODS:
        yield Cell("a node without Pods", method, route.path, {}, user("system:node:z", "system:nodes"), FORBIDDEN)


def _wrong_read(route: Route) -> Iterator[Cell]:
    """One of get, list and watch is not the other two."""
    is_watch = "/watch/" in route.path
    has_name = route.path.rstrip("/").endswith("/thing") or bool(route.subresource)
    verb = "watch" if is_watch and not has_name else "get" if has_name else "list"
    for other in {"get", "list", "watch"} - {verb}:
        yield Cell(f"only {other}", "GET", route.path, {}, user(f"only-{other}"), FORBIDDEN)
    if verb == "list":
        for query in ("watch=true", "watch=1", "watch", "watch=true&watch=false"):
            yield Cell("watch as list", "GET", f"{route.path}?{query}", {}, user("only-list"), FORBIDDEN)


def _impersonation(route: Route) -> Iterator[Cell]:
    masters = {"impersonate-group": "system:masters"}
    ways = {
        "act as admin": {"impersonate-user": "admin", **masters}, "act as an account": {"impersonate-user": _ACCOUNT},
        "act as a node": {"impersonate-user": "system:node:a", "impersonate-group": "system:nodes"},
        "act as who reads": {"impersonate-user": "reader"}, "act as oneself with groups": {"impersonate-user": "joe", **masters},
        "act with extra": {"impersonate-user": "joe", "impersonate-extra-scopes": "all"},
        "act with a uid": {"impersonate-user": "joe", "impersonate-uid": "0"},
    }  # fmt: skip
    for method in METHODS:
        for name, headers in ways.items():
            yield Cell(name, method, route.path, headers, user("joe"), FORBIDDEN)
        yield Cell("act as a group alone", method, route.path, masters, user("joe"), frozenset((400,)))
        yield Cell("act as admin without a credential", method, route.path, ways["act as admin"], NOBODY, FORBIDDEN)


_ACCOUNT = "system:serviceaccount:kube-system:namespace-controller"


def _odd_paths(route: Route) -> Iterator[Cell]:
    if not route.is_resource:
        return
    for name, path in odd_forms(route.path):
        for method in ("GET", "DELETE"):
            yield Cell(f"path: {name}", method, path, {}, NOBODY, ODD)
            yield Cell(f"path: {name}, logged in", method, path, {}, user("joe"), ODD)
    if "/namespaces/other/" in route.path:
        for form in _CLIMBS:
            path = route.path.replace("/namespaces/other/", f"/namespaces/{form}/")
            yield Cell("path: climbs out of a namespace", "GET", path, {}, user("local-admin"), ODD, has_rights=True)


_CLIMBS = ("mine/../other", "mine%2f..%2fother", "mine/%2e%2e/other", "mine%2F%2e%2E%2Fother", "mine/..;/other", "mine//../other",
           "mine%00/../other", "other%20", "OTHER", "mine/..%2fother", "./other", "%6fther", "other?namespace=mine&x=",
           "other#mine", "mine%252f..%252fother", "mine\\..\\other")  # fmt: skip


def odd_forms(path: str) -> Iterator[tuple[str, str]]:
    """Yield names and forms of a path that a sloppy server could take for it, or for a public one."""
    first, _, rest = path[1:].partition("/")
    yield "double slash at the start", f"/{path}"
    yield "double slash inside", f"/{first}//{rest}"
    yield "slash at the end", f"{path}/"
    yield "dot", f"/./{first}/{rest}"
    yield "parent", f"/healthz/..{path}"
    yield "parent, encoded", f"/healthz/%2e%2e{path}"
    yield "parent, encoded slash", f"/healthz%2f..{path}"
    yield "parent of discovery", f"/openapi/v3/..{path}"
    yield "parent of the version", f"/version/%2E%2E{path}"
    yield "semicolon", f"{path};healthz"
    yield "semicolon inside", f"/{first};a=b/{rest}"
    yield "capitals", path.upper()
    yield "encoded letter", f"/%61{path[2:]}"
    yield "encoded slash", path.replace("/", "%2f").replace("%2f", "/", 1)
    yield "encoded twice", path.replace("/", "%252f").replace("%252f", "/", 1)
    yield "end of text", f"{path}%00"
    yield "public in the query", f"{path}?/healthz"
    yield "backslash", path.replace("/", "\\").replace("\\", "/", 1)
    yield "absolute", f"http://localhost{path}"
    yield "line end", f"{path}%0d%0aX-Remote-User:%20admin"

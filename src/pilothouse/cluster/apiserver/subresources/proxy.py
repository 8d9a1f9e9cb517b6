"""`proxy`: HTTP requests and upgrades passed on to Pods, Services and nodes.

The name in the path may carry a scheme and a port (`https:name:port`); a Service is proxied to one of its ready endpoints. The
connection is opened by the node agent, inside the Pod's network.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from pilothouse.cluster.apiserver.backend import Backend, NodeProxy
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, no_resource, not_found
from pilothouse.cluster.apiserver.http.endpoints import slices_of
from pilothouse.cluster.apiserver.subresources.links import with_links
from pilothouse.cluster.apiserver.subresources.streams import Streams
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.wire.http.messages import Request, Response

_NOT_FORWARDED = frozenset(
    (
        "authorization",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "content-length",
        "accept-encoding",
    )  # pages are read on their way, to correct their links
)
_PATH_SAFE = "/:@!$&'()*+,;=-._~"


def split_name(text: str) -> tuple[str, str, str]:
    """Return (scheme, name, port) of `name`, `name:port`, `scheme:name:port` or `scheme:name:`; raises 400."""
    parts = text.split(":")
    if len(parts) == 1:
        return "", parts[0], ""
    if len(parts) == 2:
        return "", parts[0], parts[1]
    if len(parts) == 3 and parts[0] in ("http", "https", ""):
        return parts[0], parts[1], parts[2]
    raise bad_request(f'invalid service request "{text}"')


class Proxy:
    """Answers the `proxy` subresources."""

    def __init__(self, backend: Backend, streams: Streams) -> None:
        """Reach the node agents through the backend; `streams` knows CONNECT admission."""
        self.backend, self.streams = backend, streams

    async def answer(self, call: Call, rest: str) -> Response:
        """Pass the request on."""
        assert call.subresource is not None
        path = _path_of(call.request, rest)
        await self.streams.admit(call, {"kind": call.subresource.kind, "apiVersion": "v1", "path": path})
        scheme, name, port = split_name(call.name)
        if call.resource.kind == "Node":
            return await self._node(call, name, path)
        pod, number = self._target(call, name, port)
        redirect = _redirect(call.request, path)
        if redirect is not None:
            return redirect
        try:
            is_tls = scheme == "https"
            wire = await self._proxy().dial(call.namespace, pod["metadata"]["name"], number, is_inside=False, is_tls=is_tls)
        except PilothouseError as error:
            text = f"error trying to reach service: {error.message}"
            raise StatusError(503, "ServiceUnavailable", text, {"causes": [{"message": text}]}) from error
        from pilothouse.wire.http.forward import forward

        outgoing = _outgoing(call.request, path, pod, number)
        response = await forward(wire, outgoing)
        if response.status == 101:
            return response
        prefix = call.request.path.removesuffix(path or "/")
        return await with_links(response, prefix, frozenset((outgoing.headers["host"], call.request.header("host"))))

    def _proxy(self) -> NodeProxy:
        if self.backend.node_proxy is None:
            raise StatusError(503, "ServiceUnavailable", "no node agent is connected")
        return self.backend.node_proxy

    async def _node(self, call: Call, name: str, path: str) -> Response:
        if self.backend.look("", "nodes", "", name) is None:
            raise not_found(call.resource, name)
        request = Request(call.request.method, path or "/", call.request.query, dict(call.request.headers), call.request.body)
        try:
            return await self._proxy().answer(name, request)
        except NotFound:
            raise no_resource() from None

    def _target(self, call: Call, name: str, port: str) -> tuple[Obj, int]:
        if call.resource.kind == "Service":
            return self._endpoint(call, name, port)
        pod = self.backend.look("", "pods", call.namespace, name)
        if pod is None:
            raise not_found(call.resource, name)
        if not (pod.get("status") or {}).get("podIP"):
            raise bad_request("address not allowed")
        return pod, _pod_port(pod, port)

    def _endpoint(self, call: Call, name: str, port: str) -> tuple[Obj, int]:
        """Return a ready Pod behind a Service and the port there; a Service without EndpointSlices counts as missing."""
        service = self.backend.look("", "services", call.namespace, name)
        slices = slices_of(self.backend, call.namespace, name)
        if service is None or not slices:
            raise not_found(call.resource, name)
        ready = [(piece, pod) for piece in slices for pod in self._ready(call.namespace, piece)]
        if not ready:
            raise StatusError(503, "ServiceUnavailable", f'no endpoints available for service "{name}"')
        wanted = _port_name(service, port)
        for piece, pod in ready:
            for entry in piece.get("ports") or ():
                if (entry.get("name") or "") == wanted and entry.get("port"):
                    return pod, int(entry["port"])
        raise StatusError(503, "ServiceUnavailable", f'no service port "{port}" found for service "{name}"')

    def _ready(self, namespace: str, piece: Obj) -> Iterator[Obj]:
        for endpoint in piece.get("endpoints") or ():
            pod = self.backend.look("", "pods", namespace, (endpoint.get("targetRef") or {}).get("name", ""))
            if pod is not None and (endpoint.get("conditions") or {}).get("ready") is not False:
                yield pod


def _port_name(service: Obj, port: str) -> str:
    """Return the name of the port that `port`, a name or a number, means; a port without a name needs none."""
    for entry in service["spec"].get("ports") or ():
        if port and port == str(entry.get("port")):
            return str(entry.get("name") or "")
    return port


def _pod_port(pod: Obj, port: str) -> int:
    declared = [entry for container in pod["spec"].get("containers") or () for entry in container.get("ports") or ()]
    if not port:
        return int(declared[0]["containerPort"]) if declared else 80
    if port.isdigit() and 0 < int(port) < 65536:
        return int(port)
    for entry in declared:
        if entry.get("name") == port:
            return int(entry["containerPort"])
    raise bad_request(f'invalid pod request "{pod["metadata"]["name"]}:{port}"')


def _path_of(request: Request, rest: str) -> str:
    """Return the path behind `proxy`, empty when not even a slash follows it."""
    return f"/{rest}{'/' if rest and request.path.endswith('/') else ''}" if rest or request.path.endswith("/") else ""


def _redirect(request: Request, path: str) -> Response | None:
    """Send a browser that left out the slash to the path with it, so that relative links work."""
    if path or request.method not in ("GET", "HEAD") or request.can_upgrade:
        return None
    _, mark, query = request.target().partition("?")
    return Response(301, b"", [("location", f"{quote(request.path, safe=_PATH_SAFE)}/{mark}{query}")], "")


def _outgoing(request: Request, path: str, pod: Obj, port: int) -> Request:
    headers = request.headers.items()
    kept = {name: value for name, value in headers if name not in _NOT_FORWARDED and not name.startswith("impersonate-")}
    if not request.can_upgrade:
        kept.pop("upgrade", None)
    kept["host"] = f"{(pod.get('status') or {}).get('podIP', '')}:{port}"
    kept["x-forwarded-for"] = ", ".join(part for part in (kept.get("x-forwarded-for", ""), request.peer.address) if part)
    kept["x-forwarded-uri"] = quote(request.path, safe=_PATH_SAFE)
    kept["x-forwarded-host"] = request.header("host")
    kept["x-forwarded-proto"] = "https"
    _, mark, query = request.target().partition("?")
    target = f"{quote(path or '/', safe=_PATH_SAFE)}{mark}{query}"
    return Request(
        request.method, path or "/", request.query, kept, request.body, raw_target=target, can_upgrade=request.can_upgrade
    )

"""The streaming subresources of Pods before their connection is upgraded: `exec`, `attach` and `portforward`.

Everything that can be refused is refused here with an ordinary answer: the Pod, the container, the right to `create` the
subresource (a WebSocket arrives as GET), CONNECT admission, the protocol. What follows the 101 is in `remotecommand` and
`portforward`, imported when first needed.
"""

from __future__ import annotations

import functools

from pilothouse.cluster.apiserver.admission.chain import Admission
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.backend import Backend, NodeProxy
from pilothouse.cluster.apiserver.context import Attributes, Call, Obj
from pilothouse.cluster.apiserver.errors import bad_request
from pilothouse.cluster.apiserver.registry.options import parse_bool, parse_int
from pilothouse.cluster.apiserver.subresources.targets import container_of, node_of, pod_of
from pilothouse.wire.http.messages import Request, Response, Upgrade

_FLAGS = ("stdin", "stdout", "stderr", "tty")
_SPDY = "SPDY/3.1"
_VERSION_HEADER = "x-stream-protocol-version"


class Streams:
    """Answers the streaming subresources."""

    def __init__(self, backend: Backend, admission: Admission, access: Access) -> None:
        """Reach the node agents through the backend."""
        self.backend, self.admission, self.access = backend, admission, access

    async def admit(self, call: Call, options: Obj) -> None:
        """Ask admission about connecting; the verb of the call is restored for those who come after."""
        verb, call.verb = call.verb, "connect"
        try:
            await self.admission.mutate(call, options, None)
            await self.admission.validate(call, options, None)
        finally:
            call.verb = verb

    def _require_create(self, call: Call) -> None:
        """A WebSocket is opened by GET, which reading roles allow; what it does needs `create`."""
        if call.verb == "get":
            resource, sub = call.resource, call.subresource
            assert sub is not None
            wanted = Attributes(
                "create", True, resource.group, resource.version, resource.plural, sub.name, call.namespace, call.name
            )
            self.access.require(call.user, wanted)

    async def command(self, call: Call) -> Response:
        """Answer `exec` and `attach`."""
        assert call.subresource is not None
        is_exec = call.subresource.name == "exec"
        command = [value for key, value in call.request.query if key == "command"] if is_exec else []
        flags = {name: parse_bool(call.params.get(name)) for name in _FLAGS}
        options: Obj = {"kind": call.subresource.kind, "apiVersion": "v1", **{name: True for name in _FLAGS if flags[name]}}
        options |= {"container": call.params["container"]} if call.params.get("container") else {}
        options |= {"command": command} if is_exec else {}
        await self.admit(call, options)
        self._require_create(call)
        pod = pod_of(self.backend, call)
        container = container_of(pod, call.params.get("container", ""))
        node = node_of(self.backend, pod)
        if not (flags["stdin"] or flags["stdout"] or flags["stderr"]):
            raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
        if flags["tty"]:
            flags["stderr"] = False  # a terminal has one output
        streams = frozenset(name for name in _FLAGS if flags[name])
        return _upgraded_command(call, node, container, command, streams, is_exec=is_exec)

    async def forward(self, call: Call) -> Response:
        """Answer `portforward`."""
        ports = [parse_int(part) for key, value in call.request.query if key == "ports" for part in value.split(",")]
        options: Obj = {"kind": "PodPortForwardOptions", "apiVersion": "v1", **({"ports": ports} if ports else {})}
        await self.admit(call, options)
        self._require_create(call)
        pod = pod_of(self.backend, call)
        node = node_of(self.backend, pod)
        return _upgraded_forward(call, node, str(pod["metadata"]["uid"]), ports)


def _upgraded_command(
    call: Call, node: NodeProxy, container: str, command: list[str], streams: frozenset[str], *, is_exec: bool
) -> Response:
    from pilothouse.cluster.apiserver.subresources import remotecommand as remote
    from pilothouse.cluster.apiserver.subresources.channels import SPDY_PROTOCOLS, WEBSOCKET_PROTOCOLS

    start: remote.Start
    if is_exec:
        start = functools.partial(node.execute, call.namespace, call.name, container, command, streams)
    else:
        start = functools.partial(node.attach, call.namespace, call.name, container, streams)
    headers, protocol, is_spdy = switch(call.request, WEBSOCKET_PROTOCOLS, SPDY_PROTOCOLS)
    serve = remote.over_spdy if is_spdy else remote.over_websocket
    return switched(headers, lambda stream: serve(stream, protocol or "channel.k8s.io", start, command, streams))


def _upgraded_forward(call: Call, node: NodeProxy, uid: str, ports: list[int]) -> Response:
    from pilothouse.cluster.apiserver.subresources import portforward as forward
    from pilothouse.wire.websocket import Tunnel, WebSocket

    dial = functools.partial(node.dial, call.namespace, call.name)
    headers, protocol, is_spdy = switch(call.request, (forward.TUNNEL, *forward.CHANNEL_PROTOCOLS), (forward.SPDY_PROTOCOL,))
    if is_spdy:
        return switched(headers, lambda stream: forward.over_spdy(stream, dial, call.name, uid))
    if protocol == forward.TUNNEL:
        return switched(headers, lambda stream: forward.over_spdy(Tunnel(WebSocket(stream)), dial, call.name, uid))
    if not ports:
        raise bad_request('query parameter "port" is required')
    if len(ports) > forward.MAX_PORTS or any(not 0 < port < 65536 for port in ports):
        raise bad_request(f"ports must be at most {forward.MAX_PORTS} numbers from 1 to 65535")
    return switched(headers, lambda stream: forward.over_channels(stream, protocol, dial, ports))


def switched(headers: list[tuple[str, str]], upgrade: Upgrade) -> Response:
    """Return the answer that hands the connection to `upgrade`."""
    return Response(101, b"", headers, "", upgrade=upgrade)


def switch(request: Request, websocket: tuple[str, ...], spdy: tuple[str, ...]) -> tuple[list[tuple[str, str]], str, bool]:
    """Return (headers of the 101, the protocol spoken, whether it is SPDY); raises 400 when there is none in common."""
    from pilothouse.wire.websocket import accept, is_websocket, offered

    if is_websocket(request):
        wanted = offered(request)
        protocol = next((name for name in wanted if name in websocket), "")
        if wanted and not protocol:
            raise bad_request(f"unable to upgrade: none of the subprotocols {wanted} is spoken, only {list(websocket)}")
        return accept(request, protocol), protocol, False
    if request.can_upgrade and request.header("upgrade").upper() == _SPDY:
        wanted = [part.strip() for part in request.header(_VERSION_HEADER).split(",") if part.strip()]
        protocol = next((name for name in wanted if name in spdy), "" if wanted else spdy[-1])
        if not protocol:
            why = f"unable to negotiate protocol: client supports {wanted}, server accepts {list(spdy)}"
            raise bad_request(f"unable to upgrade: {why}")
        return [("connection", "Upgrade"), ("upgrade", _SPDY), (_VERSION_HEADER, protocol)], protocol, True
    raise bad_request("Upgrade request required")

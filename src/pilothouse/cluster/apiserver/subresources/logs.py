"""The log of a container: as a body that grows, or as messages of a WebSocket."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, forbidden, invalid
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call
from pilothouse.cluster.apiserver.errors import bad_request
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.respond import CACHE_HEADERS
from pilothouse.cluster.apiserver.registry.options import parse_bool
from pilothouse.cluster.apiserver.subresources.targets import container_of, node_of, pod_of
from pilothouse.wire.http.messages import Request, Response

_PROTOCOLS = ("binary.k8s.io", "base64.binary.k8s.io")
_LEAST = {"tailLines": 0, "sinceSeconds": 1, "limitBytes": 1}


class Logs:
    """Answers `pods/log`."""

    def __init__(self, backend: Backend) -> None:
        """Reach the node agents through the backend."""
        self.backend = backend

    async def answer(self, call: Call) -> Response:
        """Stream the log of a container."""
        pod = pod_of(self.backend, call)
        options = dict(call.params)
        _check_options(call, options)
        container = container_of(pod, options.get("container", ""))
        if not pod["spec"].get("nodeName"):
            return Response(204, b"", list(CACHE_HEADERS), "")
        chunks = await node_of(self.backend, pod).logs(call.namespace, call.name, container, options)
        response = Response(200, chunks, list(CACHE_HEADERS), "text/plain")
        return _as_messages(call.request, response) if call.request.can_upgrade else response


def _check_options(call: Call, options: dict[str, str]) -> None:
    findings: list[FieldError] = []
    for field, least in _LEAST.items():
        text = options.get(field)
        if text is None:
            continue
        if not text.removeprefix("-").isdigit():
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        if int(text) < least:
            problem = "must be greater than 0" if least else "must be greater than or equal to 0"
            findings.append(invalid(field, int(text), problem))
    if options.get("sinceSeconds") and options.get("sinceTime"):
        findings.append(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    for flag in ("follow", "previous", "timestamps"):
        options[flag] = "true" if parse_bool(options.get(flag)) else "false"
    if findings:
        raise invalid_status("PodLogOptions", "", call.name, findings)


def _as_messages(request: Request, response: Response) -> Response:
    """Answer with a WebSocket, one message for each piece of the log."""
    from pilothouse.cluster.apiserver.http.sockets import as_messages  # only clients that ask for an upgrade need it
    from pilothouse.wire.websocket import is_websocket, offered

    if not is_websocket(request):
        return response
    wanted = offered(request)
    protocol = next((name for name in wanted if name in _PROTOCOLS), "")
    if wanted and not protocol:
        raise bad_request(f"unable to upgrade: none of the subprotocols {wanted} is spoken, only {list(_PROTOCOLS)}")
    return as_messages(request, response, protocol, is_base64=protocol.startswith("base64."))

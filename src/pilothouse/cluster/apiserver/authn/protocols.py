"""The token of a WebSocket: browsers cannot set headers of a handshake, so it comes as the name of a subprotocol.

`base64url.bearer.authorization.k8s.io.<token>` beside at least one other protocol. It is taken out of the request, so that no
later stage chooses it as the protocol to speak, nor passes it on. Source: the WebSocket authenticator of the reference server.
"""

from __future__ import annotations

from pilothouse.cluster.apiserver.authn.jws import unb64
from pilothouse.wire.http.messages import Request

PREFIX = "base64url.bearer.authorization.k8s.io."
_HEADER = "sec-websocket-protocol"


def take_protocol_token(request: Request) -> str:
    """Return the token among the subprotocols of a handshake and take it out; empty when there is none that can be read."""
    offered = [entry.strip() for entry in request.headers.get(_HEADER, "").split(",") if entry.strip()]
    tokens = [entry for entry in offered if entry.startswith(PREFIX)]
    if not tokens:
        return ""
    others = [entry for entry in offered if entry not in tokens]
    request.headers[_HEADER] = ", ".join(others)
    if len(tokens) > 1 or not others:
        return ""
    try:
        return unb64(tokens[0].removeprefix(PREFIX)).decode()
    except ValueError:
        return ""

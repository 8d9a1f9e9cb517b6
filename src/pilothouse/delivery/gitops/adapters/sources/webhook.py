"""Listens for pushes at `/api/webhook`, as Argo CD does, and hands those that are genuine to the controller.

Off unless a port is configured, and on the loopback address unless another one is. A push changes nothing: it only makes
us look at the repository at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson

from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.sources.access import secret_data
from pilothouse.delivery.gitops.engine.webhooks import PullChange, Push, is_genuine, provider_of, read_pull, read_push
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.kinds import SECRET
from pilothouse.sdk.manager import Manager
from pilothouse.wire.http.edge import ServerLimits
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer

PATH = "/api/webhook"
MAX_BODY = 25 << 20
"""What GitHub sends at most."""
SECRET_NAME = "argocd-secret"
Announce = Callable[[Push, str], int]
"""Told of a push and the namespace whose Applications may be refreshed (empty: all); returns how many are."""
AnnouncePull = Callable[[PullChange, str], int]
"""The same for a changed pull request."""
logger = logging.getLogger("pilothouse.gitops")


class WebhookReceiver:
    """Answers forges."""

    def __init__(
        self, manager: Manager, config: GitOpsConfig, announce: Announce, announce_pull: AnnouncePull | None = None
    ) -> None:
        """Tell `announce` about every genuine push, and `announce_pull` about pull requests."""
        self._config, self._announce, self._announce_pull = config, announce, announce_pull
        self._secrets = manager.informer(SECRET, namespace=config.namespace, fields=f"metadata.name={SECRET_NAME}")
        self._server = HttpServer(self.handle, limits=ServerLimits(max_body_bytes=MAX_BODY))
        self.port = 0
        """The port it listens on."""

    async def start(self) -> None:
        """Know the secrets, then listen."""
        await self._secrets.start()
        self.port = await self._server.start(self._config.webhook_host, max(self._config.webhook_port, 0))
        logger.info("pushes are taken at http://%s:%d%s", self._config.webhook_host, self.port, PATH)

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.rstrip("/") != PATH:
            return _answer(404, f"not found; pushes go to {PATH}")
        if request.method != "POST":
            return _answer(405, "pushes are announced by POST")
        provider = provider_of(request.headers)
        if not provider:
            return _answer(400, "Unknown webhook event")
        namespaces = self._believers(provider, request)
        if not namespaces:
            logger.warning("a push of %s with a wrong signature was refused", provider)
            return _answer(401, "the signature or token is wrong")
        try:
            pushes = read_push(provider, request.headers, request.body)
        except PilothouseError as error:
            return _answer(400, error.message)
        refreshed = sum(self._announce(push, namespace) for push in pushes for namespace in namespaces)
        pull = read_pull(provider, request.headers, request.body) if self._announce_pull is not None else None
        if pull is not None and self._announce_pull is not None:
            refreshed += sum(self._announce_pull(pull, namespace) for namespace in namespaces)
        return _answer(200, f"{refreshed} Applications are refreshed")

    def _believers(self, provider: str, request: Request) -> list[str]:
        """Return the namespaces whose secrets the request fits; one of "" stands for all that have no secrets."""
        known = {str(tree["metadata"]["namespace"]): tree for tree in self._secrets.cache.list()}
        found: list[str] = []
        for namespace, tree in known.items():
            try:
                secrets = secret_data(tree)
            except PilothouseError as error:
                logger.warning("%s", error.message)
                continue
            if is_genuine(provider, request.headers, request.body, secrets):
                found.append(namespace)
        if self._config.namespace:
            return [""] if found or not known else []
        return found if known else [""]


def _answer(status: int, message: str) -> Response:
    return Response(status, orjson.dumps({"message": message}))

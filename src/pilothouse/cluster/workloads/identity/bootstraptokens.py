"""Removes bootstrap tokens whose time is over.

The API server refuses an expired token by itself; this only tidies up, so a Secret may be there a moment longer.
"""

from __future__ import annotations

from base64 import b64decode

from pilothouse.api.meta import is_deleting, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.kit.clock import parse_rfc3339
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.kinds import SECRET
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

TYPE = "bootstrap.kubernetes.io/token"
NAMESPACE = "kube-system"


class TokenCleaner:
    """Reconciles Secrets of bootstrap tokens."""

    def __init__(self, manager: Manager) -> None:
        """Follow them in `kube-system`, the only namespace where they count."""
        self._client, self._clock = manager.client.named(MANAGER), manager.clock
        self._secrets = manager.informer(SECRET, fields=f"type={TYPE}")
        manager.controller("tokencleaner", self.reconcile).watch(self._secrets)

    async def reconcile(self, request: Request) -> Result | None:
        """Delete one Secret once its `expiration` has passed; one that says no readable time stays."""
        secret = self._secrets.cache.get(request.name, request.namespace)
        if secret is None or request.namespace != NAMESPACE or is_deleting(secret):
            return None
        try:
            expires = parse_rfc3339(b64decode((secret.get("data") or {}).get("expiration") or "").decode())
        except ValueError:  # of the encoding as well as of the time
            return None
        left_s = expires - self._clock.now()
        if left_s > 0:
            return Result(requeue_after_s=left_s)
        try:
            await self._client.delete(SECRET, request.name, request.namespace, uid=uid_of(secret))
        except NotFound:
            pass
        return None

"""Fills Secrets of type `kubernetes.io/service-account-token`.

The token is bound to its Secret, so deleting the Secret revokes it. It is as long-lived as such Secrets are expected to be.
"""

from __future__ import annotations

from base64 import b64encode

from pilothouse.api.meta import annotations_of, is_deleting, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.kinds import SECRET, SERVICE_ACCOUNT
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

TYPE = "kubernetes.io/service-account-token"
_NAME, _UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
_LIFETIME_S = 10 * 365 * 86400


class TokenController:
    """Reconciles token Secrets."""

    def __init__(self, manager: Manager, root_ca_pem: str) -> None:
        """Publish `root_ca_pem` beside the tokens."""
        self._client = manager.client.named(MANAGER)
        self._root_ca = root_ca_pem
        self._secrets = manager.informer(SECRET, fields=f"type={TYPE}")
        self._accounts = manager.informer(SERVICE_ACCOUNT)
        controller = manager.controller("serviceaccounttoken", self.reconcile)
        controller.watch(self._secrets)
        controller.watch(
            self._accounts,
            lambda account: [
                Request(namespace_of(secret), name_of(secret))
                for secret in self._secrets.cache.list(namespace_of(account))
                if annotations_of(secret).get(_NAME) == name_of(account)
            ],
        )

    async def reconcile(self, request: Request) -> Result | None:
        """Fill in what one Secret lacks; delete it with its account."""
        secret = self._secrets.cache.get(request.name, request.namespace)
        if secret is None or is_deleting(secret):
            return None
        notes = annotations_of(secret)
        account = self._accounts.cache.get(notes.get(_NAME, ""), request.namespace)
        if account is None or notes.get(_UID, uid_of(account)) != uid_of(account):
            if _UID in notes:
                await self._client.delete(SECRET, request.name, request.namespace)
            return None
        data = secret.get("data") or {}
        if data.get("token") and data.get("ca.crt"):
            return None
        bound = {"apiVersion": "v1", "kind": "Secret", "name": request.name, "uid": uid_of(secret)}
        spec = {"boundObjectRef": bound, "expirationSeconds": _LIFETIME_S}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        try:
            answer = await self._client.create_subresource(SERVICE_ACCOUNT, name_of(account), request.namespace, "token", body)
        except NotFound:
            return None
        filled = {"ca.crt": self._root_ca, "namespace": request.namespace, "token": answer["status"]["token"]}
        meta = {**secret["metadata"], "annotations": {**notes, _UID: uid_of(account)}}
        encoded = {key: b64encode(text.encode()).decode() for key, text in filled.items()}
        await self._client.replace(SECRET, {**secret, "metadata": meta, "data": {**data, **encoded}})
        return None

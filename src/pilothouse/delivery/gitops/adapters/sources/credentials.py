"""Credentials, certificates and known hosts of repositories, as Argo CD keeps them in the namespace of an Application.

Followed by informers that start with the first Application, so that asking costs nothing and a new password counts at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.sources.access import SECRET_TYPE, Access, choose_access, read_access, with_certificates
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET
from pilothouse.sdk.manager import Manager

CERTIFICATES = "argocd-tls-certs-cm"
KNOWN_HOSTS = "argocd-ssh-known-hosts-cm"
logger = logging.getLogger("pilothouse.gitops")


class RepositorySecrets:
    """What the cluster says about how repositories are reached."""

    def __init__(self, manager: Manager, namespace: str = "") -> None:
        """Look into `namespace`, or into that of each Application when it is empty."""
        self._namespace = namespace
        self._secrets = manager.informer(SECRET, namespace=namespace, labels=f"{SECRET_TYPE} in (repository,repo-creds)")
        self._certificates = manager.informer(CONFIG_MAP, namespace=namespace, fields=f"metadata.name={CERTIFICATES}")
        self._hosts = manager.informer(CONFIG_MAP, namespace=namespace, fields=f"metadata.name={KNOWN_HOSTS}")
        self._lock = asyncio.Lock()
        self._known: dict[str, list[Access]] = {}
        """What was read of the Secrets of each namespace, until one of them changes."""
        self._secrets.add_handler(lambda _change: self._known.clear())

    async def start(self) -> None:
        """Return once all of it is known."""
        async with self._lock:
            for informer in (self._secrets, self._certificates, self._hosts):
                await informer.start()

    def of(self, app: App) -> Callable[[str], Access]:
        """Return what gives the credentials an Application may use for an address."""
        return self.access(app.namespace, app.project)

    def access(self, namespace: str, project: str) -> Callable[[str], Access]:
        """Return what gives the credentials a project may use for an address."""
        namespace = self._namespace or namespace
        known = self._known.get(namespace)
        if known is None:
            read = [_read(secret) for secret in self._secrets.cache.list(namespace)]
            known = self._known[namespace] = [access for access in read if access is not None]
        certificates = self._certificates.cache.get(CERTIFICATES, namespace) or {}
        found = known
        return lambda url: with_certificates(choose_access(found, url, project), url, certificates)

    def known_hosts(self) -> str:
        """Return the lines of known_hosts of all namespaces that are looked into."""
        found = [str((tree.get("data") or {}).get("ssh_known_hosts") or "") for tree in self._hosts.cache.list()]
        return "\n".join(text.strip() for text in found if text.strip())


def _read(secret: Tree) -> Access | None:
    try:
        return read_access(secret)
    except PilothouseError as error:
        logger.warning("credentials are left out: %s", error.message)
        return None

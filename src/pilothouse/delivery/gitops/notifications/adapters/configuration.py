"""Follows argocd-notifications-cm and argocd-notifications-secret, so that a change counts at once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.sources.access import secret_data
from pilothouse.delivery.gitops.notifications.engine.settings import CONFIG, SECRET, Settings, read_settings
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk import kinds
from pilothouse.sdk.manager import Manager

logger = logging.getLogger("pilothouse.gitops.notifications")


class Configuration:
    """The settings in use."""

    def __init__(self, manager: Manager, namespace: str, on_change: Callable[[], None]) -> None:
        """Read what is in `namespace`; call `on_change` whenever it changed."""
        self._namespace, self._on_change = namespace, on_change
        self._maps = manager.informer(kinds.CONFIG_MAP, namespace=namespace, fields=f"metadata.name={CONFIG}")
        self._secrets = manager.informer(kinds.SECRET, namespace=namespace, fields=f"metadata.name={SECRET}")
        self.settings = Settings()
        self.is_known = False
        """Whether what there is was read; before, nothing can be said to be missing."""
        for informer in (self._maps, self._secrets):
            informer.add_handler(lambda _change: self._read())

    async def start(self) -> None:
        """Return when the settings are known."""
        await self._secrets.start()
        await self._maps.start()
        self.is_known = True
        self._on_change()

    async def stop(self) -> None:
        """The informers end with the manager."""

    def _read(self) -> None:
        config = self._maps.cache.get(CONFIG, self._namespace) or {}
        found = read_settings(config.get("data") or {}, self._secret(self._secrets.cache.get(SECRET, self._namespace)))
        if found.problems != self.settings.problems:
            for problem in found.problems:
                logger.warning("%s: %s", CONFIG, problem)
        self.settings = found
        self._on_change()

    def _secret(self, tree: Tree | None) -> dict[str, str]:
        try:
            return secret_data(tree) if tree is not None else {}
        except PilothouseError as error:
            logger.warning("%s", error.message)
            return {}

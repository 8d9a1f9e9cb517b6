"""What generators ask of the cluster: the clusters that Secrets name, and the decisions of other controllers."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, annotations_of, labels_of, name_of
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.delivery.gitops.engine.applicationsets.asks import Clusters, Decisions
from pilothouse.delivery.gitops.engine.sources.access import SECRET_TYPE, secret_data
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET, Kind
from pilothouse.sdk.manager import Manager


class ClusterMembers:
    """The Secrets of clusters, ConfigMaps, and resources of any kind."""

    def __init__(self, manager: Manager, namespace: str) -> None:
        """Follow the cluster Secrets of `namespace`, or of every namespace when it is empty."""
        self._client: Client = manager.client
        self.secrets = manager.informer(SECRET, namespace=namespace, labels=f"{SECRET_TYPE}=cluster")
        self._discovery = Discovery(manager.client)

    async def clusters(self, ask: Clusters, namespace: str) -> list[Tree]:
        """Return the clusters that a selector matches."""
        await self.secrets.start()
        try:
            selector = label_selector_from_object(ask.selector)
            found = [tree for tree in self.secrets.cache.list(namespace) if selector.matches(labels_of(tree))]
            return [
                {"name": name_of(tree), "labels": labels_of(tree), "annotations": annotations_of(tree), "data": secret_data(tree)}
                for tree in sorted(found, key=name_of)
            ]
        except PilothouseError as error:
            raise GeneratorFailed(error.message, fix=error.fix) from None

    async def decisions(self, ask: Decisions, namespace: str) -> Any:
        """Return the data of a ConfigMap, or the resources that make decisions."""
        if not ask.kind:
            data = await self.config_map(ask.config_map, namespace)
            if data is None:
                raise GeneratorFailed(f'error reading configMapRef: configmaps "{ask.config_map}" not found')
            return data
        kind = await self._kind(ask.api_version, ask.kind)
        trees = await self._client.list(kind, namespace if kind.is_namespaced else "")
        if ask.name:
            return [tree for tree in trees if name_of(tree) == ask.name]
        selector = label_selector_from_object(ask.selector)
        return [tree for tree in trees if selector.matches(labels_of(tree))]

    async def _kind(self, api_version: str, name: str) -> Kind:
        """Return a kind by its plural, as Argo CD's ConfigMap has it, or by its name."""
        for is_asked_again in (False, True):
            if is_asked_again:
                await self._discovery.refresh()
            for served in await self._discovery.kinds():
                if served.kind.api_version == api_version and name in (served.kind.plural, served.kind.kind):
                    return served.kind
        raise GeneratorFailed(
            f"the cluster has no kind {name} of {api_version}", fix="check apiVersion and kind of the ConfigMap"
        )

    async def config_map(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a ConfigMap, None when there is none."""
        try:
            return dict((await self._client.get(CONFIG_MAP, name, namespace)).get("data") or {})
        except NotFound:
            return None

    async def secret(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a Secret as text, None when there is none."""
        try:
            return secret_data(await self._client.get(SECRET, name, namespace))
        except NotFound:
            return None

"""Keeps the default ServiceAccount and the root certificate of each namespace."""

from __future__ import annotations

from pilothouse.api.meta import Tree, is_deleting, name_of, namespace_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.kit.errors import AlreadyExists, Denied, NotFound
from pilothouse.sdk.kinds import CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

ROOT_CA = "kube-root-ca.crt"
_DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal "
    "service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)


class ServiceAccountController:
    """Reconciles Namespaces into their two standing objects."""

    def __init__(self, manager: Manager, root_ca_pem: str) -> None:
        """Publish `root_ca_pem`, the certificate that Pods verify the API server with."""
        self._client = manager.client.named(MANAGER)
        self._root_ca = root_ca_pem
        self._namespaces = manager.informer(NAMESPACE)
        self._accounts = manager.informer(SERVICE_ACCOUNT)
        self._config_maps = manager.informer(CONFIG_MAP, fields=f"metadata.name={ROOT_CA}")
        controller = manager.controller("serviceaccount", self.reconcile)
        controller.watch(self._namespaces)
        controller.watch(self._accounts, lambda tree: [Request("", namespace_of(tree))] if name_of(tree) == "default" else ())
        controller.watch(self._config_maps, lambda tree: [Request("", namespace_of(tree))])

    async def reconcile(self, request: Request) -> Result | None:
        """Create what is missing in one namespace."""
        namespace = self._namespaces.cache.get(request.name)
        if namespace is None or is_deleting(namespace):
            return None
        if self._accounts.cache.get("default", request.name) is None:
            meta = {"name": "default", "namespace": request.name}
            await self._create(SERVICE_ACCOUNT, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        published = self._config_maps.cache.get(ROOT_CA, request.name)
        if published is None:
            await self._create(CONFIG_MAP, self._root_ca_config_map(request.name))
        elif (published.get("data") or {}).get("ca.crt") != self._root_ca:
            await self._client.replace(CONFIG_MAP, {**published, "data": {"ca.crt": self._root_ca}})
        return None

    def _root_ca_config_map(self, namespace: str) -> Tree:
        return {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": ROOT_CA, "namespace": namespace, "annotations": {"kubernetes.io/description": _DESCRIPTION},
            },
            "data": {"ca.crt": self._root_ca},
        }  # fmt: skip

    async def _create(self, kind: Kind, tree: Tree) -> None:
        try:
            await self._client.create(kind, tree)
        except (AlreadyExists, NotFound, Denied):
            return

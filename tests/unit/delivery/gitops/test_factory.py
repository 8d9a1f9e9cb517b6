"""How GitOps starts: settings of the cluster count."""

import asyncio

import pytest

from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.factory import _with_tracking
from pilothouse.sdk.kinds import CONFIG_MAP, NAMESPACE
from pilothouse.testing.controlplane import control_plane


@pytest.mark.parametrize(
    ("method", "tracking"), [("label", "label"), ("annotation+label", "annotation+label"), ("nonsense", "annotation")]
)
def test_argocd_cm_says_how_objects_are_tracked(method: str, tracking: str) -> None:
    async def run() -> None:
        async with control_plane() as manager:
            assert await _with_tracking(manager, GitOpsConfig()) == GitOpsConfig()
            await manager.client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
            data = {"application.resourceTrackingMethod": method}
            meta = {"name": "argocd-cm", "namespace": "argocd"}
            await manager.client.create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
            assert (await _with_tracking(manager, GitOpsConfig())).tracking == tracking

    asyncio.run(run())

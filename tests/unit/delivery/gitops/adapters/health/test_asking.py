"""Several probes at once, and every Pod of a workload."""

from pilothouse.delivery.gitops.adapters.health.asking import Asker
from pilothouse.delivery.gitops.engine.probes import Answer, read_plan
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.kinds import POD, SERVICE_ACCOUNT
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.gitops.adapters.health.servers import Web, ask, with_web


def test_votes_over_probes() -> None:
    async def scenario(server: Web) -> None:
        server.says["/no"] = (500, b"")
        probes = [
            {"name": name, "http": {"url": server.url(path)}} for name, path in (("a", "/ready"), ("b", "/no"), ("c", "/ready"))
        ]
        assert (await ask({"probes": probes, "need": "2 of 3"})).is_healthy is True
        found = await ask({"probes": probes})
        assert found == Answer(False, "2 of 3 are healthy, 3 needed: b: HTTP 500")

    with_web(scenario)


def test_every_pod_of_a_workload() -> None:
    async def scenario(server: Web) -> None:
        async with control_plane() as manager:
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}
            await manager.client.create(SERVICE_ACCOUNT, account)
            for name in ("one", "two"):
                spec = {"containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": server.port}]}]}
                meta = {"name": name, "namespace": "default", "labels": {"app": "web"}}
                await manager.client.create(POD, {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
                status = {"status": {"phase": "Running", "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]}}
                await manager.client.patch(POD, name, "default", status, subresource="status")
            tree = {
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
                "spec": {"selector": {"matchLabels": {"app": "web"}}},
            }  # fmt: skip
            asker = Asker(SystemClock(), MetricsRegistry(), None)
            plan = read_plan("http: {port: http, probePath: /ready}")
            assert await asker.ask(plan, tree, manager.client) == Answer(True, "2 of 2 are healthy", "Healthy")
            assert len(server.asked) == 2
            tree["spec"] = {"selector": {"matchLabels": {"app": "none"}}}
            assert await asker.ask(plan, tree, manager.client) == Answer(False, "there is no Pod to ask")

    with_web(scenario)

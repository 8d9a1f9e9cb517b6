"""Controllers: every change leads to a reconcile, failures are retried, terminal ones are not."""

import asyncio

from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.errors import TerminalError
from pilothouse.sdk.kinds import CONFIG_MAP, REPLICA_SET
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.testing.controlplane import control_plane
from tests.unit.sdk.test_informer import config_map, until


def test_reconciles_until_it_succeeds() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            calls: list[str] = []

            async def reconcile(request: Request) -> Result | None:
                calls.append(request.name)
                if request.name == "flaky" and calls.count("flaky") < 3:
                    raise ConnectionError("not yet")
                if request.name == "hopeless":
                    raise TerminalError("never")
                return None

            informer = manager.informer(CONFIG_MAP, namespace="default")
            manager.controller("test", reconcile, workers=2).watch(informer)
            await manager.start()
            for name in ("flaky", "hopeless", "fine"):
                await manager.client.create(CONFIG_MAP, config_map(name))
            await until(lambda: calls.count("flaky") == 3 and "fine" in calls)
            await asyncio.sleep(0.05)
            assert calls.count("hopeless") == 1
            assert (
                manager.metrics.counter("controller_runtime_reconcile_total", "", ["controller", "result"]).value("test", "error")
                == 3
            )

    asyncio.run(run())


def test_requeue_after() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            calls: list[str] = []

            async def reconcile(request: Request) -> Result | None:
                calls.append(request.name)
                return Result(requeue_after_s=0.01) if len(calls) < 4 else None

            manager.controller("test", reconcile).watch(manager.informer(CONFIG_MAP, namespace="default"))
            await manager.start()
            await manager.client.create(CONFIG_MAP, config_map("a"))
            await until(lambda: calls.count("a") >= 3)

    asyncio.run(run())


def test_owner_mapping_checks_kind_and_group() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u", "controller": True}
    mapper = to_controller(REPLICA_SET)
    tree = {"metadata": {"name": "p", "namespace": "ns", "ownerReferences": [owner]}}
    assert list(mapper(tree)) == [Request("ns", "rs")]
    for change in ({"controller": False}, {"kind": "Job"}, {"apiVersion": "other/v1"}):
        tree["metadata"]["ownerReferences"] = [{**owner, **change}]  # type: ignore[index]
        assert list(mapper(tree)) == []

"""Where objects are kept: flags, and two control planes on one etcd."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from pilothouse.app.lifecycle import ControlPlane, Options
from pilothouse.app.standard import CAPABILITIES
from pilothouse.app.storage import add_flags
from pilothouse.kit.errors import Invalid, PilothouseError
from pilothouse.sdk.kinds import CONFIG_MAP, LEASE
from pilothouse.store.revisions import StoreStopped
from tests.unit.store.etcd.server import EtcdServer, needs_etcd

WORKLOADS = tuple(name for name in CAPABILITIES if "workloads" in name)


def test_flags(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert parser.parse_args([]).store == "log"
    assert parser.parse_args(["--store", "etcd://a:1,b:2"]).store == "etcd://a:1,b:2"
    for wrong in ("etcd", "etcd://", "sqlite"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--store", wrong])
        assert f"{wrong} is no store: it must be log, memory or etcd://HOST:PORT" in capsys.readouterr().err


@needs_etcd
def test_two_control_planes_share_objects_and_take_turns_at_the_controllers(tmp_path: Path) -> None:
    server = EtcdServer(tmp_path / "etcd")
    server.start()

    async def plane(name: str) -> ControlPlane:
        made = ControlPlane(Options(tmp_path / name, store=f"etcd://{server.target}", capabilities=WORKLOADS))
        await made.start_api()
        await made.start_capabilities()
        return made

    async def leader(of: ControlPlane) -> str:
        lease = await of.client().get(LEASE, "kube-controller-manager", "kube-system")
        return str(lease["spec"]["holderIdentity"])

    async def run() -> None:
        one = await plane("one")
        while one.manager is None:
            await asyncio.sleep(0.01)
        two = await plane("two")
        meta = {"name": "x", "namespace": "default"}
        await one.client().create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
        assert (await two.client().get(CONFIG_MAP, "x", "default"))["metadata"]["name"] == "x"
        first = await leader(two)
        assert two.manager is None, "one of them works, the other stands by"
        await one.stop()
        while two.manager is None:
            await asyncio.sleep(0.05)
        assert await leader(two) != first
        await two.stop()

    async def timed() -> None:
        async with asyncio.timeout(50):
            await run()

    try:
        asyncio.run(timed())
    finally:
        server.stop()


@needs_etcd
def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    async def started(options: Options) -> None:
        plane = ControlPlane(options)
        try:
            await plane.start_api()
        finally:
            await plane.stop()

    with pytest.raises(StoreStopped, match="etcd does not answer"):
        asyncio.run(started(Options(tmp_path, store="etcd://127.0.0.1:1")))
    with pytest.raises(PilothouseError, match="cannot be read"):
        asyncio.run(started(Options(tmp_path, store="etcd://127.0.0.1:1", etcd_cafile=str(tmp_path / "none"))))
    server = EtcdServer(tmp_path / "etcd")
    server.start()
    try:
        with pytest.raises(Invalid, match="use --encryption-provider-config with etcd"):
            asyncio.run(started(Options(tmp_path, store=f"etcd://{server.target}", rotate_encryption_key=True)))
    finally:
        server.stop()

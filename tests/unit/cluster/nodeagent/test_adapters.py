"""Memory on disk, log reading over rotations, and containers without mounts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pilothouse.cluster.nodeagent.adapters.degraded import degrade
from pilothouse.cluster.nodeagent.adapters.logs import read_log
from pilothouse.cluster.nodeagent.adapters.memory import Memory
from pilothouse.cluster.nodeagent.engine.logs import LogOptions
from pilothouse.cluster.nodeagent.runs import Bind, Launch
from pilothouse.cluster.nodeagent.supervisor.logs import LogSink
from pilothouse.cluster.nodeagent.types import ContainerState, Exit, PodState, ProbeState
from pilothouse.kit.clock import SystemClock


def test_a_state_survives_as_it_was(tmp_path: Path) -> None:
    memory = Memory(str(tmp_path))
    known = ContainerState(
        "m", id="x", is_running=True, probes={"readiness": ProbeState(True, 3)}, last=Exit(1, "Error", 1.0, 2.0)
    )
    state = PodState("u", "n", "p", containers={"m": known}, transitions={"Ready": ("True", 5.0)})
    memory.save({"metadata": {"name": "p"}}, state)
    (loaded,) = Memory(str(tmp_path)).load()
    assert loaded.state == state and loaded.pod == {"metadata": {"name": "p"}}
    (tmp_path / "pods" / "broken").mkdir()
    (tmp_path / "pods" / "broken" / "state.json").write_text("{")
    assert len(Memory(str(tmp_path)).load()) == 1 and set(memory.folders()) == {"u", "broken"}
    memory.forget("u")
    assert memory.folders() == ["broken"]


def test_following_a_log_over_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    sink = LogSink(str(path), max_file_bytes=1000, max_files=10)

    async def scenario() -> None:
        is_over = False
        seen = bytearray()

        async def follow() -> None:
            async for chunk in read_log(str(path), LogOptions(follow=True), SystemClock(), lambda: is_over):
                seen.extend(chunk)

        sink.feed("stdout", b"line 0\n")
        reader = asyncio.create_task(follow())
        for number in range(1, 200):
            sink.feed("stdout", f"line {number}\n".encode())
            if number % 90 == 0:
                await asyncio.sleep(0.12)
        sink.close()
        is_over = True
        await asyncio.wait_for(reader, 10)
        assert seen.decode().splitlines() == [f"line {number}" for number in range(200)]

    asyncio.run(scenario())


def test_reading_nothing(tmp_path: Path) -> None:
    async def scenario() -> list[bytes]:
        return [chunk async for chunk in read_log(str(tmp_path / "none"), LogOptions(), SystemClock(), lambda: True)]

    assert asyncio.run(scenario()) == []


def test_without_mounts_paths_point_into_the_copy(tmp_path: Path) -> None:
    layer, volume = tmp_path / "layer", tmp_path / "volume"
    (layer / "app").mkdir(parents=True)
    (layer / "app" / "main.py").write_text("x")
    volume.mkdir()
    (volume / "key").write_text("v")
    argv, env = ("python3", "/app/main.py", "/usr"), {"CONFIG": "/etc/cfg/key", "URL": "http://x/etc/cfg/key"}
    bind = Bind(str(volume), "/etc/cfg")
    given = Launch("i", "u", "m", 0, argv, env, "/app", str(tmp_path / "run"), "", (bind,), (str(layer),))
    done = degrade(given)
    root = str(tmp_path / "run" / "rootfs")
    assert done.argv == ("python3", f"{root}/app/main.py", "/usr") and done.cwd == f"{root}/app"
    assert done.env == {"CONFIG": f"{root}/etc/cfg/key", "URL": "http://x/etc/cfg/key", "PILOTHOUSE_ROOT": root}
    assert Path(f"{root}/etc/cfg/key").read_text() == "v"

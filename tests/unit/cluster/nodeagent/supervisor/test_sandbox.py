"""What a container sees: the machine read-only, its layers, its volumes, and nothing of the platform's own data."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cluster.nodeagent.support import launch_spec, log_lines, supervised


def layered(folder: Path) -> dict[str, Any]:
    layer = folder / "layers" / "one"
    (layer / "app").mkdir(parents=True)
    (layer / "app" / "main.txt").write_text("application")
    (layer / "usr" / "share" / "extra").mkdir(parents=True)
    (layer / "usr" / "share" / "extra" / "note").write_text("note")
    volume = folder / "volume"
    volume.mkdir()
    (volume / "key").write_text("value")
    single = folder / "resolv"
    single.write_text("nameserver 10.96.0.10\n")
    (folder / "secret").write_text("never")
    return {
        "layers": [str(layer)],
        "hide": str(folder),
        "binds": [
            {"source": str(volume), "target": "/etc/config/deep", "readonly": True},
            {"source": str(volume), "target": "/var/run/secrets/token"},
            {"source": str(single), "target": "/etc/resolv.conf"},
            {"source": str(single), "target": "/app/resolv.copy"},
        ],
    }


SCRIPT = """
cat /app/main.txt; echo
cat /usr/share/extra/note; echo
cat /etc/config/deep/key; echo
cat /var/run/secrets/token/key; echo
cat /etc/resolv.conf /app/resolv.copy
(echo x > /usr/bin/pilothouse-trial) 2>/dev/null && echo wrote-usr-bin; rm -f /usr/bin/pilothouse-trial
(echo x > /opt/trial) 2>/dev/null && echo wrote-opt
(echo x > /etc/config/deep/new) 2>/dev/null && echo wrote-readonly-volume
echo x > /app/new && echo wrote-app
echo x > /tmp/new && echo wrote-tmp
echo x > /var/run/secrets/token/new && echo wrote-volume
cat SECRET 2>/dev/null && echo leaked
hostname
"""


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_root_of_a_container(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            level = (await agent.call("hello"))["mounts"]
            if level < 2:
                pytest.skip("no overlay mounts on this machine")
            await agent.call("sandbox", id="p", address="10.244.0.2")
            script = SCRIPT.replace("SECRET", str(tmp_path / "secret"))
            spec = launch_spec(
                tmp_path, "a", ["sh", "-ec", script.replace("&& echo leaked", "&& echo leaked || true")], sandbox="p"
            )
            spec["argv"][1] = "-c"
            options = ",userxattr" if level == 3 else ""
            spec |= {"hostname": "web-0", "cwd": "/app"}
            spec["root"] = {**layered(tmp_path), "folder": str(tmp_path / "a"), "overlay_options": options}
            await agent.call("start", spec=spec)
            await events.exit_of("a")
            lines = log_lines(tmp_path, "a")
            assert lines[:4] == ["application", "note", "value", "value"]
            assert lines[4:6] == ["nameserver 10.96.0.10"] * 2
            wrote = [line for line in lines if line.startswith(("wrote", "leaked"))]
            assert [line for line in wrote if line != "wrote-usr-bin"] == ["wrote-app", "wrote-tmp", "wrote-volume"]
            assert lines[-1] == "web-0"
            assert (tmp_path / "volume" / "new").exists()
            assert not (tmp_path / "layers" / "one" / "app" / "new").exists()
            assert not Path("/usr/bin/pilothouse-trial").exists()

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_layers_alone_without_the_machine(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, _events):
            level = (await agent.call("hello"))["mounts"]
            if level < 2:
                pytest.skip("no overlay mounts on this machine")
            root = {**layered(tmp_path), "folder": str(tmp_path / "a"), "base": "scratch"}
            root["overlay_options"] = ",userxattr" if level == 3 else ""
            spec = launch_spec(tmp_path, "a", ["sh", "-c", "true"], root=root)
            with pytest.raises(Exception, match="executable file not found"):
                await agent.call("start", spec=spec)

    asyncio.run(scenario())


def test_data_directory_inside_an_overlaid_folder_is_joined_entry_by_entry(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path) as (agent, events):
            level = (await agent.call("hello"))["mounts"]
            if level < 2:
                pytest.skip("no overlay mounts on this machine")
            top = "/" + str(tmp_path).lstrip("/").split("/", 1)[0]
            layer = tmp_path / "layers" / "one"
            (layer / "srv" / "x").mkdir(parents=True)
            (layer / "srv" / "x" / "f").write_text("found")
            root = {"layers": [str(layer)], "hide": "/srv/data", "folder": str(tmp_path / "a"), "binds": []}
            root["overlay_options"] = ",userxattr" if level == 3 else ""
            await agent.call("start", spec=launch_spec(tmp_path, "a", ["cat", "/srv/x/f"], root=root))
            await events.exit_of("a")
            assert log_lines(tmp_path, "a") == ["found"], top

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_without_overlay_single_files_are_covered(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with supervised(tmp_path, mode) as (agent, events):
            if (await agent.call("hello"))["mounts"] < 1:
                pytest.skip("no mounts on this machine")
            (tmp_path / "resolv").write_text("nameserver 10.96.0.10\n")
            binds = [{"source": str(tmp_path / "resolv"), "target": "/etc/resolv.conf"}, {"source": "/x", "target": "/no/such"}]
            root = {"folder": str(tmp_path / "a"), "base": "machine", "binds": binds}
            await agent.call("start", spec=launch_spec(tmp_path, "a", ["cat", "/etc/resolv.conf"], root=root))
            await events.exit_of("a")
            assert log_lines(tmp_path, "a") == ["nameserver 10.96.0.10"]

    asyncio.run(scenario())

"""Probes that are programs."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.engine.probes import Answer
from tests.unit.delivery.gitops.adapters.health.servers import Web, ask, closed_port, with_web

ROOT = Path(__file__).resolve().parents[6]


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_programs(tmp_path: Path) -> None:
    program(tmp_path, "told", 'read object; echo "$@" >&2; echo "{\\"status\\": \\"Degraded\\", \\"message\\": \\"$*\\"}"')
    program(tmp_path, "broken", "echo no ledger; exit 3")
    program(tmp_path, "mute", "true")
    program(tmp_path, "loud", "yes")
    (tmp_path / "plain").write_text("no program")

    async def scenario() -> None:
        settings = {"name": "told", "port": 9000, "probePath": "/x", "args": ["--more"]}
        said = await ask({"program": settings, "timeout": 3}, tmp_path)
        assert said == Answer(False, "--timeout 3 --port 9000 --probe-path /x --more", "Degraded")
        broken = await ask({"program": {"name": "broken"}}, tmp_path)
        assert broken == Answer(None, "it ended with status 3: no ledger")
        assert (await ask({"program": {"name": "broken"}, "onFailure": "unhealthy"}, tmp_path)).is_healthy is False
        for name in ("mute", "loud", "plain", "none"):
            assert (await ask({"program": {"name": name}}, tmp_path)).is_healthy is None

    asyncio.run(scenario())


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    program(tmp_path, "hang", f"sleep 1000 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/parent; sleep 1000")

    async def scenario() -> Answer:
        return await ask({"program": {"name": "hang"}, "timeout": 0.5}, tmp_path)

    assert asyncio.run(scenario()) == Answer(None, "no verdict within 0.5 s")
    for name in ("child", "parent"):
        pid = int((tmp_path / name).read_text())
        deadline = time.monotonic() + 5
        while _runs(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_programs_see_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    program(tmp_path, "env", 'found=$(env | grep -c SECRET); echo "{\\"status\\": \\"Degraded\\", \\"message\\": \\"$found\\"}"')
    assert asyncio.run(ask({"program": {"name": "env"}}, tmp_path)).message == "0"
    assert os.environ["SECRET_TOKEN"] == "s3cret"


def test_a_program_that_serves() -> None:
    folder = ROOT / "examples" / "health-probes"
    found = asyncio.run(ask({"program": {"name": "serving", "probePath": "/healthz"}, "timeout": 20}, folder))
    assert found == Answer(True, "", "Healthy")
    elsewhere = asyncio.run(ask({"program": {"name": "serving", "probePath": "/none"}, "timeout": 2}, folder))
    assert elsewhere == Answer(False, "HTTP 404")


def test_a_program_may_serve_at_a_given_port() -> None:
    async def scenario() -> None:
        settings = {"name": "serving", "probePath": "/healthz", "port": await closed_port()}
        assert (await ask({"program": settings, "timeout": 20}, ROOT / "examples" / "health-probes")).is_healthy is True

    asyncio.run(scenario())


def test_the_example_program() -> None:
    async def scenario(server: Web) -> None:
        folder = ROOT / "examples" / "health-probes"
        settings = {"name": "ledger", "port": server.port, "probePath": "/ready"}
        assert (await ask({"program": settings, "timeout": 20}, folder)).is_healthy is True
        server.says["/ready"] = (200, b'{"status": "behind"}')
        found = await ask({"program": settings, "timeout": 20}, folder)
        assert (found.is_healthy, found.status) == (False, "Degraded")

    with_web(scenario)

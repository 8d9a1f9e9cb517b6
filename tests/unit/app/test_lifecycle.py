"""Which port a control plane listens on."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.app.lifecycle import ControlPlane, Options, PortTaken
from pilothouse.kit.errors import Invalid


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def port_of(options: Options) -> int:
    async def run() -> int:
        plane = ControlPlane(options)
        try:
            await plane.start_api()
            return plane.port
        finally:
            await plane.stop()

    return asyncio.run(run())


def test_copies_of_the_kubeconfig_outlive_a_restart(tmp_path: Path, taken: int) -> None:
    options = Options(tmp_path, port=taken)
    first = port_of(options)
    assert first != taken
    assert port_of(options) == first
    with socket.create_server(("127.0.0.1", first)):
        assert port_of(options) not in {first, taken}


def test_a_port_that_was_asked_for_is_not_replaced(tmp_path: Path, taken: int) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} on 127.0.0.1"):
        port_of(Options(tmp_path, port=taken, is_port_required=True))


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"cannot listen on 192\.0\.2\.1"):
        port_of(Options(tmp_path, host="192.0.2.1", port=6443))

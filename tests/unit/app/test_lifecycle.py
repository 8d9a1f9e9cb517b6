"""How a control plane starts and stops: its port, its certificate, its parts."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from pilothouse.app.lifecycle import ControlPlane, Options, PortTaken
from pilothouse.kit.errors import Invalid


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_certificate_names_the_host_of_this_start(tmp_path: Path) -> None:
    async def names_at(host: str) -> tuple[str, ...]:
        plane = ControlPlane(Options(tmp_path, host=host))
        await plane.start_api()
        await plane.stop()
        return names_of(tmp_path / "pki" / "server.crt")

    async def run() -> None:
        assert "127.0.0.9" not in await names_at("127.0.0.1")
        assert "127.0.0.9" in await names_at("127.0.0.9")

    asyncio.run(run())


def test_aggregated_servers_are_told_whom_to_trust(tmp_path: Path) -> None:
    async def published() -> tuple[dict[str, str], str]:
        plane = ControlPlane(Options(tmp_path))
        await plane.start_api()
        assert plane.server is not None
        found = plane.server.backend.look("", "configmaps", "kube-system", "extension-apiserver-authentication")
        shown = plane.server.backend.config.proxy_certificate_pem
        await plane.stop()
        assert found is not None
        return found["data"], shown

    async def run() -> None:
        data, certificate = await published()
        authority = x509.load_pem_x509_certificate(data["requestheader-client-ca-file"].encode())
        x509.load_pem_x509_certificate(certificate.encode()).verify_directly_issued_by(authority)
        assert data["client-ca-file"] == (tmp_path / "pki" / "ca.crt").read_text() != data["requestheader-client-ca-file"]
        assert await published() == (data, certificate)

    asyncio.run(run())


def test_a_part_that_fails_to_stop_leaves_the_store_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("cannot stop")

    async def run() -> None:
        plane = ControlPlane(Options(tmp_path))
        await plane.start_api()
        assert plane.server is not None
        stop = plane.server.stop
        monkeypatch.setattr(plane.server, "stop", broken)
        with pytest.raises(RuntimeError, match="cannot stop"):
            await plane.stop()
        await stop()
        second = ControlPlane(Options(tmp_path))
        await second.start_api()
        await second.stop()

    asyncio.run(run())


def names_of(certificate: Path) -> tuple[str, ...]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions
    return tuple(str(name.value) for name in found.get_extension_for_class(x509.SubjectAlternativeName).value)


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

"""The part of the auth matrix that is about certificates: over real TLS, where a refused handshake counts as a denial."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from pathlib import Path

from pilothouse.app.lifecycle import ControlPlane, Options
from pilothouse.wire import tls
from tests.conformance.auth_matrix.routes import Route, discover
from tests.score.figures import note_rate
from tests.unit.cluster.apiserver.driver import Driver

PATHS = 30
"""Routes asked with each certificate."""
MASTERS = ("system:masters",)
HANDSHAKE = "no handshake"


def certificates(data_dir: Path) -> dict[str, tls.KeyPair | None]:
    """Return certificates that must open nothing; None is no certificate."""
    now, pki = time.time(), data_dir / "pki"
    own = tls.read_pair(pki, "ca")
    assert own is not None
    stranger, proxy = tls.create_authority("pilothouse-ca", now), tls.read_pair(pki, "front-proxy-ca")
    assert proxy is not None
    return {
        "no certificate": None,
        "another authority of the same name": tls.issue(stranger, "kubernetes-admin", now, organizations=MASTERS),
        "an authority itself": tls.create_authority("kubernetes-admin", now),
        "the authority of proxies": tls.issue(proxy, "kubernetes-admin", now, organizations=MASTERS),
        "expired": tls.issue(own, "kubernetes-admin", now - 3 * 86_400, organizations=MASTERS, days=1),
        "not yet valid": tls.issue(own, "kubernetes-admin", now + 3 * 86_400, organizations=MASTERS),
        "of a server": tls.issue(own, "kubernetes-admin", now, organizations=MASTERS, names=("localhost",), is_server=True),
        "of a user without rights": tls.issue(own, "joe", now),
        "named like a group": tls.issue(own, "system:masters", now),
    }  # fmt: skip


async def outcome(port: int, authority: bytes, pair: tls.KeyPair | None, directory: Path, path: str) -> str:
    """Return the status line's code, or that there was no handshake."""
    context = ssl.create_default_context(cadata=authority.decode())
    if pair is not None:
        context.load_cert_chain(*tls.write_pair(directory, "client", pair))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
        head = await reader.read(64)
        writer.close()
    except (ssl.SSLError, ConnectionError):
        return HANDSHAKE
    return head.split(b" ")[1].decode() if b" " in head else HANDSHAKE


def test_only_certificates_of_the_own_authority_log_in(tmp_path: Path) -> None:
    async def main() -> tuple[Counter[str], list[str]]:
        plane = ControlPlane(Options(tmp_path / "data", store="memory"))
        await plane.start_api()
        assert plane.server is not None and plane.authority is not None
        asked: Counter[str] = Counter()
        bypasses: list[str] = []
        try:
            routes = _sample(await discover(Driver(plane.server)))
            trusted = plane.authority.certificate_pem
            for name, pair in certificates(tmp_path / "data").items():
                for route in routes:
                    found = await outcome(plane.port, trusted, pair, tmp_path, route.path)
                    asked[found] += 1
                    if found not in (HANDSHAKE, "401", "403"):
                        bypasses.append(f"{name}: {route.path} -> {found}")
            admin = tls.read_pair(tmp_path / "data" / "pki", "admin")
            assert await outcome(plane.port, trusted, admin, tmp_path, "/api/v1/secrets") == "200"
        finally:
            await plane.stop()
        return asked, bypasses

    asked, bypasses = asyncio.run(main())
    print(f"auth matrix, certificates: {asked.total()} cells ({dict(asked)}), {len(bypasses)} bypasses")
    note_rate("auth_matrix", asked.total() - len(bypasses), asked.total())
    assert not bypasses
    assert asked[HANDSHAKE] >= PATHS


def _sample(routes: list[Route]) -> list[Route]:
    found = [route for route in routes if route.is_resource and not route.subresource]
    return found[:: len(found) // PATHS][:PATHS]

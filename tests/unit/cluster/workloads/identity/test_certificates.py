"""The way of a CertificateSigningRequest, on a real API server."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography import x509

from pilothouse.cluster.workloads.identity.certificates import CertificateController, removal_time
from pilothouse.kit.clock import parse_rfc3339
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CERTIFICATE_SIGNING_REQUEST as KIND
from pilothouse.testing.controlplane import control_plane
from pilothouse.wire.tls import AUTHORITY_DAYS, BACKDATED, create_authority
from tests.unit.wire.test_signing import request

CLIENT = "kubernetes.io/kube-apiserver-client"
KUBELET = "kubernetes.io/kube-apiserver-client-kubelet"


def csr(signer: str, pem: bytes, *usages: str, **spec: Any) -> dict[str, Any]:
    fields = {"request": b64encode(pem).decode(), "signerName": signer, "usages": list(usages), **spec}
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "r"},
        "spec": fields,
    }


def served(test: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            authority = create_authority("ca", manager.clock.now())
            CertificateController(manager, authority)
            await manager.start()
            await test(manager.client)

    asyncio.run(run())


async def until(client: Client, ready: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    while not ready(status := (await client.get(KIND, "r")).get("status") or {}):
        await asyncio.sleep(0.01)
    return status


async def approve(client: Client, kind: str = "Approved") -> None:
    tree = await client.get(KIND, "r")
    condition = {"type": kind, "status": "True", "reason": "Test", "message": "m"}
    await client.replace(KIND, {**tree, "status": {"conditions": [condition]}}, subresource="approval")


def test_an_approved_request_is_signed_for_as_long_as_it_asks() -> None:
    async def test(client: Client) -> None:
        await client.create(KIND, csr(CLIENT, request("ada", ("devs",)), "client auth", expirationSeconds=7200))
        await approve(client)
        status = await until(client, lambda status: status.get("certificate"))
        certificate = x509.load_pem_x509_certificate(b64decode(status["certificate"]))
        assert certificate.subject.rfc4514_string() == "CN=ada,O=devs"
        lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert lifetime.total_seconds() == 7200 + 300

    served(test)


def test_what_the_signer_refuses_fails_with_the_reason() -> None:
    async def test(client: Client) -> None:
        await client.create(KIND, csr(CLIENT, request(), "server auth"))
        await approve(client)
        status = await until(client, lambda status: len(status.get("conditions") or ()) > 1)
        failed = status["conditions"][1]
        assert (failed["type"], failed["reason"]) == ("Failed", "SignerValidationFailure")
        assert failed["message"] == "invalid usage for client certificate: server auth"
        assert "certificate" not in status

    served(test)


def test_a_nodes_login_is_approved_by_itself_and_nobody_elses() -> None:
    async def test(client: Client) -> None:
        await client.create(KIND, csr(KUBELET, request("system:node:a", ("system:nodes",)), "digital signature", "client auth"))
        status = await until(client, lambda status: status.get("certificate"))
        assert status["conditions"][0]["reason"] == "AutoApproved"

    served(test)


def test_requests_are_removed_in_time() -> None:
    made = "2026-01-01T00:00:00Z"
    start = parse_rfc3339(made)

    def tree(*kinds: str, certificate: str = "") -> dict[str, Any]:
        conditions = [{"type": kind, "status": "True", "lastUpdateTime": "2026-01-01T01:00:00Z"} for kind in kinds]
        status = {"conditions": conditions, **({"certificate": certificate} if certificate else {})}
        return {"metadata": {"creationTimestamp": made}, "status": status}

    assert removal_time(tree()) == start + 86_400
    assert removal_time(tree("Denied")) == start + 7_200
    assert removal_time(tree("Approved", "Failed")) == start + 7_200
    assert removal_time(tree("Approved")) == float("inf"), "another signer may take its time"
    assert removal_time(tree("Approved", certificate=b64encode(b"foreign").decode())) == start + 7_200
    short = create_authority("ca", start - AUTHORITY_DAYS * 86_400 + BACKDATED.total_seconds() + 60)
    assert removal_time(tree("Approved", certificate=b64encode(short.certificate_pem).decode())) == start + 60

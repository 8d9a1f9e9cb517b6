"""What each signer accepts."""

import pytest

from pilothouse.cluster.workloads.identity.signers import (
    CLIENT,
    KUBELET_CLIENT,
    KUBELET_SERVING,
    LEGACY,
    is_kubelet_request,
    objection,
)
from pilothouse.wire.signing import Wanted

USER = Wanted("ada", ("devs",))
NODE = Wanted("system:node:a", ("system:nodes",))
SERVER = Wanted("system:node:a", ("system:nodes",), ("a.example",), ("10.0.0.1",))
SIGN, ENCIPHER, LOGIN, SERVE = "digital signature", "key encipherment", "client auth", "server auth"


@pytest.mark.parametrize(
    ("signer", "wanted", "usages", "problem"),
    [
        (CLIENT, USER, (LOGIN,), ""),
        (CLIENT, USER, (LOGIN, SIGN, ENCIPHER), ""),
        (CLIENT, USER, (SIGN,), "missing required usage for client certificate: client auth"),
        (CLIENT, USER, (LOGIN, SERVE), "invalid usage for client certificate: server auth"),
        (KUBELET_CLIENT, NODE, (SIGN, LOGIN), ""),
        (KUBELET_CLIENT, NODE, (SIGN, ENCIPHER, LOGIN), ""),
        (KUBELET_CLIENT, NODE, (LOGIN,), "usages did not match [digital signature key encipherment client auth]"),
        (KUBELET_CLIENT, USER, (SIGN, LOGIN), "subject organization is not system:nodes"),
        (KUBELET_CLIENT, Wanted("a", ("system:nodes",)), (SIGN, LOGIN), "subject common name does not begin with system:node:"),
        (KUBELET_CLIENT, SERVER, (SIGN, LOGIN), "DNS subjectAltNames are not allowed"),
        (KUBELET_SERVING, SERVER, (SIGN, SERVE), ""),
        (KUBELET_SERVING, NODE, (SIGN, SERVE), "DNS or IP subjectAltName is required"),
        (KUBELET_SERVING, SERVER, (SIGN, LOGIN), "usages did not match [digital signature key encipherment server auth]"),
        (LEGACY, USER, ("cert sign",), ""),
        ("example.com/own", USER, (LOGIN,), None),
    ],
)
def test_objections(signer: str, wanted: Wanted, usages: tuple[str, ...], problem: str | None) -> None:
    assert objection(signer, wanted, usages) == problem


def test_only_a_nodes_own_login_is_approved_by_itself() -> None:
    assert is_kubelet_request(KUBELET_CLIENT, NODE, (SIGN, LOGIN))
    assert not is_kubelet_request(KUBELET_SERVING, SERVER, (SIGN, SERVE))
    assert not is_kubelet_request(CLIENT, NODE, (SIGN, LOGIN))

"""The requester of a certificate is who asked, whatever the request says."""

from __future__ import annotations

import asyncio

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.admission.identity.signing import SigningRequests
from pilothouse.cluster.apiserver.context import Call, User
from pilothouse.wire.http.messages import Request


def test_the_requester_is_recorded_and_stays() -> None:
    resource = Scheme().resource("certificates.k8s.io", "v1", "certificatesigningrequests")
    assert resource is not None
    call = Call(Request("POST", "/"), User("jane", "", ("dev",)), "create", resource)
    obj = {"spec": {"username": "root", "uid": "0", "request": "x"}}
    asyncio.run(SigningRequests().mutate(call, obj, None))
    assert obj["spec"] == {"username": "jane", "groups": ["dev"], "request": "x"}
    changed = {"spec": {"username": "root"}}
    asyncio.run(SigningRequests().mutate(call, changed, obj))
    assert changed["spec"] == obj["spec"]

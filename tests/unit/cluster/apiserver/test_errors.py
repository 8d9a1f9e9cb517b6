"""Refusals name the object as far as it has a name."""

from __future__ import annotations

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.context import ANONYMOUS, Call
from pilothouse.cluster.apiserver.errors import refused
from pilothouse.wire.http.messages import Peer, Request


def test_an_object_without_a_name_is_called_by_how_it_begins() -> None:
    resource = Scheme().resource("", "v1", "pods")
    assert resource is not None
    call = Call(Request("POST", "/", [], {}, b"", Peer("x")), ANONYMOUS, "create", resource)
    texts = [refused(call, {"metadata": meta}, "no").message for meta in ({"name": "a"}, {"generateName": "b-"}, {})]
    assert texts == [f'pods "{name}" is forbidden: no' for name in ("a", "b-", "Unknown")]

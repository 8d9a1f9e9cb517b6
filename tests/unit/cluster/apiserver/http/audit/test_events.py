"""Parts of an audit record."""

from pilothouse.api.scheme.protobuf import encode_protobuf
from pilothouse.cluster.apiserver.http.audit.events import object_of, sources, status_of
from pilothouse.wire.http.messages import Peer, Request


def test_sources_are_proxies_first_and_the_peer_last() -> None:
    headers = {"x-forwarded-for": "203.0.113.1, 198.51.100.2", "x-real-ip": "203.0.113.7"}
    assert sources(Request("GET", "/", [], headers, b"", Peer("[::1]:80"))) == [
        "203.0.113.1", "198.51.100.2", "203.0.113.7", "::1",
    ]  # fmt: skip
    assert sources(Request("GET", "/", [], {"x-forwarded-for": "127.0.0.1"}, b"", Peer("127.0.0.1:9"))) == ["127.0.0.1"]
    assert len(sources(Request("GET", "/", [], {"x-forwarded-for": "a," * 5000}, b"", Peer("b")))) <= 11


def test_bodies_of_every_kind_become_json() -> None:
    def read(body: bytes, kind: str) -> object:
        return object_of(body, kind, omit_managed_fields=True)

    assert read(b'{"a":1}', "application/merge-patch+json; charset=utf-8") == {"a": 1}
    assert read(b'[{"op":"remove","path":"/a"}]', "application/json-patch+json") == [{"op": "remove", "path": "/a"}]
    assert read(b"a: {b: 1}", "application/apply-patch+yaml") == {"a": {"b": 1}}
    assert read(b'{"metadata":{"managedFields":[]},"items":[{"metadata":{"managedFields":[]}}]}', "application/json") == {
        "metadata": {},
        "items": [{"metadata": {}}],
    }
    wire = encode_protobuf({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    decoded = read(wire, "application/vnd.kubernetes.protobuf")
    assert isinstance(decoded, dict)
    assert decoded["metadata"]["name"] == "x"
    assert read(b"{", "application/json") is None
    assert read(b"", "application/json") is None
    assert read(b"x", "text/plain") is None


def test_the_status_of_an_answer() -> None:
    assert status_of(200, b"{}") == {"metadata": {}, "code": 200}
    assert status_of(404, b'{"kind":"Status","status":"Failure","reason":"NotFound","message":"m","metadata":{}}') == {
        "metadata": {}, "status": "Failure", "message": "m", "reason": "NotFound", "code": 404,
    }  # fmt: skip
    assert status_of(404, b"404 page not found\n") == {
        "metadata": {}, "code": 404, "status": "Failure", "message": "404 page not found",
    }  # fmt: skip
    assert status_of(500, b"[]")["status"] == "Failure"

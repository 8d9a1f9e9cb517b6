"""What paths mean."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.http.paths import Target, parse_path, verb_of
from pilothouse.wire.http.messages import Request


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/v1/pods", Target("", "v1", "", "pods")),
        ("/api/v1/namespaces/ns/pods/p/log", Target("", "v1", "ns", "pods", "p", "log")),
        ("/api/v1/namespaces/ns", Target("", "v1", "ns", "namespaces", "ns")),
        ("/api/v1/namespaces/ns/status", Target("", "v1", "ns", "namespaces", "ns", "status")),
        ("/apis/apps/v1/namespaces/ns/deployments", Target("apps", "v1", "ns", "deployments")),
        ("/apis/apps/v1", None),
        ("/healthz", None),
    ],
)
def test_paths(path: str, target: Target | None) -> None:
    assert parse_path(path) == target


def test_verbs() -> None:
    target = Target("", "v1", "ns", "pods")
    assert verb_of(Request("GET", "/"), target) == "list"
    assert verb_of(Request("GET", "/", [("watch", "true")]), target) == "watch"
    assert verb_of(Request("GET", "/", [("watch", "false")]), target) == "list"
    assert verb_of(Request("GET", "/api/v1/watch/pods"), target) == "watch"
    assert verb_of(Request("GET", "/apis/apps/v1/watch/deployments"), target) == "watch"
    for path in ("/api/v1/pods", "/apis/apps/watch/deployments", "/api/v1/namespaces/watch/pods", "/api/v1/watch"):
        assert verb_of(Request("GET", path), target) == "list", path
    assert verb_of(Request("DELETE", "/"), target) == "deletecollection"

"""Manifests of charts."""

import json

import pytest

from pilothouse.delivery.charts.repository.engine.manifest import digest_of, manifest_bytes, read_manifest
from pilothouse.delivery.charts.repository.errors import RepositoryInvalid

METADATA = {
    "apiVersion": "v2",
    "name": "web",
    "version": "1.0.0",
    "annotations": {"a": "b", "org.opencontainers.image.title": "no"},
}


def test_there_and_back() -> None:
    data = manifest_bytes(METADATA, b"archive", b"signature", "2026-01-01T00:00:00Z")
    found = read_manifest(data)
    assert (found.archive.digest, found.archive.size) == (digest_of(b"archive"), 7)
    assert found.provenance is not None
    assert json.loads(data)["annotations"] == {
        "a": "b", "org.opencontainers.image.title": "web", "org.opencontainers.image.version": "1.0.0",
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    "tree",
    [
        [], {}, {"layers": []}, {"layers": [], "config": {"mediaType": "x", "digest": "d", "size": 1}},
        {"layers": [], "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "d", "size": 1}},
        {"layers": [{}], "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "d", "size": "x"}},
    ],
)  # fmt: skip
def test_what_is_no_chart(tree: object) -> None:
    with pytest.raises(RepositoryInvalid):
        read_manifest(json.dumps(tree).encode())
    with pytest.raises(RepositoryInvalid):
        read_manifest(b"{")

"""References to images."""

from __future__ import annotations

import pytest

from tests.unit.api.cel.run import failure, value

DIGEST = "sha256:" + "6a" * 32


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("nginx", "index.docker.io", "library/nginx", "latest", ""),
        ("team/app:1.2", "index.docker.io", "team/app", "1.2", ""),
        ("registry.k8s.io/pause", "registry.k8s.io", "pause", "latest", ""),
        ("localhost:5000/a/b:x", "localhost:5000", "a/b", "x", ""),
        (f"registry.k8s.io/abc@{DIGEST}", "registry.k8s.io", "abc", "", DIGEST),
        (f"registry.k8s.io/ab:latest@{DIGEST}", "registry.k8s.io", "ab", "", DIGEST),
    ],
)
def test_parts(text: str, registry: str, repository: str, tag: str, digest: str) -> None:
    parts = [value(f"image('{text}').{part}()") for part in ("registry", "repository", "tag", "digest", "identifier")]
    assert parts == [registry, repository, tag, digest, digest or tag]
    assert value(f"isImage('{text}') && image('{text}').containsDigest() == {str(bool(digest)).lower()}") is True


@pytest.mark.parametrize("text", ["", "registry.k8s.io//pause", "Upper", "a@sha256:1", "app:", "app:a b", "x/y/"])
def test_what_is_none(text: str) -> None:
    assert value(f"isImage('{text}')") is False
    assert failure(f"image('{text}').tag()") == f"could not parse reference: {text}"

"""Image references and manifests."""

from __future__ import annotations

import pytest

from pilothouse.api import oci

FULL = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("web", "docker.io/library/web:latest"),
        ("me/web:1.0", "docker.io/me/web:1.0"),
        ("localhost/web", "localhost/web:latest"),
        ("registry:5000/a/b:v1", "registry:5000/a/b:v1"),
        ("ghcr.io/a/b@" + FULL, "ghcr.io/a/b@" + FULL),
    ],
)
def test_references_are_completed(text: str, full: str) -> None:
    assert str(oci.parse_reference(text)) == full


@pytest.mark.parametrize("text", ["", "Web", "a b", "web:", "web@sha256:12", "/web", "a" * 600, "a:b:c", "web:tag\n"])
def test_bad_references_are_refused(text: str) -> None:
    with pytest.raises(oci.InvalidReference):
        oci.parse_reference(text)


def test_find_by_tag_and_digest() -> None:
    entry = oci.Descriptor(oci.MANIFEST_TYPE, FULL, 1, {oci.REF_ANNOTATION: "docker.io/library/web:1"})
    index = oci.Index((entry,))
    assert oci.find_manifest(index, oci.parse_reference("web:1")) == entry
    assert oci.find_manifest(index, oci.parse_reference("web@" + FULL)) == entry
    assert oci.find_manifest(index, oci.parse_reference("web:2")) is None

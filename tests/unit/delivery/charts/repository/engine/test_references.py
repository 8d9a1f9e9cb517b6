"""References to registries."""

import pytest

from pilothouse.delivery.charts.repository.engine.references import is_registry, read_reference, tag_of, version_of_tag
from pilothouse.delivery.charts.repository.errors import RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Reference


def test_forms() -> None:
    digest = "sha256:" + "0" * 64
    assert read_reference("oci://h.example:5000/a/b-c:1.0.0+b") == Reference("h.example:5000", "a/b-c", "1.0.0_b")
    assert read_reference(f"oci://[::1]:5000/a@{digest}") == Reference("[::1]:5000", "a", "", digest)
    assert version_of_tag(tag_of("1.0.0+b")) == "1.0.0+b"
    assert is_registry("oci://x")
    assert not is_registry("https://x")


@pytest.mark.parametrize(
    "text", ["oci://", "oci://h", "oci://h/A", "oci://h/a b", "oci://h/a:", "oci://h/../a", "oci://h/a@sha256:1", "oci://h/a\n"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(RepositoryInvalid, match="invalid reference"):
        read_reference(text)

"""Places in registries as text."""

from pilothouse.delivery.charts.repository.types import IndexEntry, Reference


def test_texts() -> None:
    assert str(Reference("h:5000", "a/b", "1.0.0")) == "h:5000/a/b:1.0.0"
    assert str(Reference("h", "a", "", "sha256:x")) == "h/a@sha256:x"
    assert IndexEntry({"version": "1.0.0"}).version == "1.0.0"

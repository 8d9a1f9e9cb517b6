"""Which image names mean the latest."""

from __future__ import annotations

import pytest

from pilothouse.api.defaults.images import is_latest

DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("a", True), ("a:latest", True), ("r:5000/a", True), ("R.example/a/b", True), ("a:latest" + DIGEST, True),
        ("a:1", False), ("a" + DIGEST, False), ("a:1" + DIGEST, False), ("a@sha256:12", False),
        ("A", False), ("a b", False), ("", False), ("0" * 64, False), ("a:latest ", False),
    ],
)  # fmt: skip
def test_is_latest(image: str, expected: bool) -> None:
    assert is_latest(image) is expected

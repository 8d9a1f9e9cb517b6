"""Times in objects."""

from __future__ import annotations

import pytest

from pilothouse.api.schema.times import canonical_micro_time, canonical_time
from pilothouse.kit.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.999Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05+01:00", "2024-01-02T02:04:05Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc(text: str, wanted: str) -> None:
    assert canonical_time(text) == wanted


def test_a_micro_time_keeps_six_digits() -> None:
    assert canonical_micro_time("2024-01-02T03:04:05.5Z") == "2024-01-02T03:04:05.500000Z"


@pytest.mark.parametrize(
    "text", ["", "now", "2024", "2024-13-01T00:00:00Z", "2024-01-02T03:04:05", "2023-02-29T00:00:00Z", "9" * 999]
)
def test_a_bad_time_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="parsing time"):
        canonical_time(text)

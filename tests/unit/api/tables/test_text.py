"""Texts of cells."""

from __future__ import annotations

import pytest

from pilothouse.api.tables import text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"), (119, "119s"), (120, "2m"), (130, "2m10s"), (600, "10m"), (3 * 3600, "3h"), (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"), (48 * 3600, "2d"), (50 * 3600, "2d2h"), (30 * 86400, "30d"), (3 * 365 * 86400, "3y"),
        (-10, "<invalid>"),
    ],
)  # fmt: skip
def test_durations(seconds: float, shown: str) -> None:
    assert text.human_duration(seconds) == shown


def test_ages() -> None:
    assert text.age("1970-01-01T00:00:00Z", 5) == "5s"
    assert text.age(None, 5) == "<unknown>"


def test_labels_and_selectors() -> None:
    assert text.labels_text({"b": "2", "a": "1"}) == "a=1,b=2"
    assert text.labels_text(None) == "<none>"
    found = text.selector_text(
        {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["2", "1"]}]}
    )
    assert found == "a=1,b in (1,2)"


def test_long_lists_are_cut() -> None:
    assert text.shortened(["a", "b", "c", "d", "e"]) == "a,b,c + 2 more..."

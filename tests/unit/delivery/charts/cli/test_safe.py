"""Texts for terminals."""

from pilothouse.delivery.charts.cli.safe import printable


def test_control_characters_are_shown_not_sent() -> None:
    assert printable("a\x1b[1mb\n\té") == "a\\u001b[1mb\n\té"

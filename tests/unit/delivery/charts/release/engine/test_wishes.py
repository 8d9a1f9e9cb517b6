"""The words of the flags."""

from pilothouse.delivery.charts.release.engine.wishes import Reuse


def test_words_are_those_of_the_flags() -> None:
    assert {each.value for each in Reuse} == {"auto", "reset-values", "reuse-values", "reset-then-reuse-values"}

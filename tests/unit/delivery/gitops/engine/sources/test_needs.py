"""What a render needs is named in its failure."""

from pilothouse.delivery.gitops.engine.sources.needs import ChartNeed, CommitNeed, Missing


def test_needs_are_values() -> None:
    assert ChartNeed("u", "n", "1") == ChartNeed("u", "n", "1") != ChartNeed("u", "n", "1", True)
    assert "https://h/r" in str(Missing(CommitNeed("https://h/r", "0")))

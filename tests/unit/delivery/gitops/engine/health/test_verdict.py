"""What a group of verdicts amounts to."""

from pilothouse.delivery.gitops.engine.health.verdict import worst


def test_the_worst_decides() -> None:
    assert worst(["Healthy", "Progressing", "Degraded"]) == "Degraded"
    assert worst(["Healthy", "Suspended"]) == "Suspended"
    assert worst([]) == "Healthy"

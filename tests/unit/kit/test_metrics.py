"""Metrics in the text exposition format."""

import pytest

from pilothouse.kit.metrics import MetricsRegistry


def test_exposition() -> None:
    registry = MetricsRegistry()
    registry.counter("requests_total", "Requests.", ["code"]).inc("200")
    registry.counter("requests_total", "Requests.", ["code"]).inc("200", by=2)
    registry.gauge("depth", "Depth.").observe_with(lambda: 1.5)
    histogram = registry.histogram("time_seconds", "Time.", ["verb"], buckets=(0.1, 1.0))
    for value in (0.05, 0.5, 5.0):
        histogram.observe(value, 'ge"t')
    assert registry.exposition() == (
        "# HELP depth Depth.\n# TYPE depth gauge\ndepth 1.5\n"
        '# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{code="200"} 3\n'
        "# HELP time_seconds Time.\n# TYPE time_seconds histogram\n"
        'time_seconds_bucket{verb="ge\\"t",le="0.1"} 1\n'
        'time_seconds_bucket{verb="ge\\"t",le="1"} 2\n'
        'time_seconds_bucket{verb="ge\\"t",le="+Inf"} 3\n'
        'time_seconds_sum{verb="ge\\"t"} 5.55\n'
        'time_seconds_count{verb="ge\\"t"} 3\n'
    )


def test_a_name_has_one_kind() -> None:
    registry = MetricsRegistry()
    registry.counter("x", "X.")
    with pytest.raises(AssertionError, match="is a counter"):
        registry.gauge("x", "X.")


def test_two_registries_share_nothing() -> None:
    one, two = MetricsRegistry(), MetricsRegistry()
    one.counter("x", "X.").inc()
    assert two.counter("x", "X.").value() == 0


def test_a_sample_that_is_read_can_be_forgotten() -> None:
    registry = MetricsRegistry()
    family = registry.counter("reads_total", "Reads.", ("of",))
    family.observe_with(lambda: 3.0, "a")
    assert 'reads_total{of="a"} 3' in registry.exposition()
    family.forget("a")
    family.forget("b")
    assert 'of="a"' not in registry.exposition() and family.value("a") == 0

"""Metrics in the Prometheus model, declared as data and collected in a registry that is passed in.

Names follow upstream where upstream has one (`apiserver_request_total`, `workqueue_depth`), so that existing dashboards
work. A registry is a value: two control planes in one process never share a counter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

DURATION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


class Metric:
    """A named family of samples with fixed label names."""

    kind = "untyped"

    def __init__(self, name: str, help_text: str, labels: Sequence[str] = ()) -> None:
        """Describe the family; `labels` are the label names in order."""
        self.name, self.help_text, self.labels = name, help_text, tuple(labels)
        self._values: dict[tuple[str, ...], float] = {}
        self._callbacks: dict[tuple[str, ...], Callable[[], float]] = {}

    def observe_with(self, callback: Callable[[], float], *label_values: str) -> None:
        """Read the sample from `callback` at each scrape."""
        self._callbacks[label_values] = callback

    def forget(self, *label_values: str) -> None:
        """Drop one sample that is read from a callback: what it told of is gone."""
        self._callbacks.pop(label_values, None)
        self._values.pop(label_values, None)

    def value(self, *label_values: str) -> float:
        """Return one sample, 0 when it was never set."""
        return self._values.get(label_values, 0.0)

    def _series(self, suffix: str, label_values: tuple[str, ...], value: float, extra: str = "") -> str:
        pairs = [f'{name}="{_escape(text)}"' for name, text in zip(self.labels, label_values)]
        if extra:
            pairs.append(extra)
        labels = "{" + ",".join(pairs) + "}" if pairs else ""
        return f"{self.name}{suffix}{labels} {_number(value)}"

    def lines(self) -> list[str]:
        """Return the samples in the text exposition format."""
        for key, callback in self._callbacks.items():
            self._values[key] = callback()
        return [self._series("", key, value) for key, value in sorted(self._values.items())]


class Counter(Metric):
    """A number that only grows."""

    kind = "counter"

    def inc(self, *label_values: str, by: float = 1.0) -> None:
        """Add `by` to the sample with these label values."""
        self._values[label_values] = self._values.get(label_values, 0.0) + by


class Gauge(Metric):
    """A number that goes up and down, set or read from a callback when scraped."""

    kind = "gauge"

    def set(self, value: float, *label_values: str) -> None:
        """Set the sample with these label values."""
        self._values[label_values] = value

    def inc(self, *label_values: str, by: float = 1.0) -> None:
        """Add `by`, which may be negative."""
        self._values[label_values] = self._values.get(label_values, 0.0) + by


class Histogram(Metric):
    """A distribution in cumulative buckets."""

    kind = "histogram"

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str] = (), buckets: Sequence[float] = DURATION_BUCKETS_S
    ) -> None:
        """Describe the family; `buckets` are the upper bounds in the metric's unit."""
        super().__init__(name, help_text, labels)
        self.buckets = tuple(buckets)
        self._counts: dict[tuple[str, ...], list[int]] = {}

    def observe(self, value: float, *label_values: str) -> None:
        """Count one observation."""
        counts = self._counts.get(label_values)
        if counts is None:
            counts = self._counts[label_values] = [0] * (len(self.buckets) + 1)
        counts[bisect_left(self.buckets, value)] += 1
        self._values[label_values] = self._values.get(label_values, 0.0) + value

    def count(self, *label_values: str) -> int:
        """Return how many observations were made."""
        return sum(self._counts.get(label_values, ()))

    def lines(self) -> list[str]:
        """Return buckets, sum and count in the text exposition format."""
        out: list[str] = []
        for key, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*map(_number, self.buckets), "+Inf"), counts):
                total += count
                out.append(self._series("_bucket", key, total, f'le="{bound}"'))
            out.append(self._series("_sum", key, self._values.get(key, 0.0)))
            out.append(self._series("_count", key, total))
        return out


class MetricsRegistry:
    """All metric families of one control plane."""

    def __init__(self) -> None:
        """Start empty."""
        self._families: dict[str, Metric] = {}

    def counter(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
        """Return the counter of this name, made on first use."""
        family = self._families.setdefault(name, Counter(name, help_text, labels))
        assert isinstance(family, Counter), f"metric {name} is a {family.kind}"
        return family

    def gauge(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
        """Return the gauge of this name, made on first use."""
        family = self._families.setdefault(name, Gauge(name, help_text, labels))
        assert isinstance(family, Gauge), f"metric {name} is a {family.kind}"
        return family

    def histogram(
        self, name: str, help_text: str, labels: Sequence[str] = (), buckets: Sequence[float] = DURATION_BUCKETS_S
    ) -> Histogram:
        """Return the histogram of this name, made on first use."""
        family = self._families.setdefault(name, Histogram(name, help_text, labels, buckets))
        assert isinstance(family, Histogram), f"metric {name} is a {family.kind}"
        return family

    def exposition(self) -> str:
        """Return everything in the Prometheus text format, families in order of name."""
        out: list[str] = []
        for name in sorted(self._families):
            family = self._families[name]
            samples = family.lines()
            if samples:
                out.append(f"# HELP {name} {family.help_text}")
                out.append(f"# TYPE {name} {family.kind}")
                out.extend(samples)
        return "\n".join(out) + "\n"

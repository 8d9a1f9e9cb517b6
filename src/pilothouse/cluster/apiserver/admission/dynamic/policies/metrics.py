"""What is measured of policies, under the names of the reference server."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.dynamic.policies.index import Bound
from pilothouse.kit.metrics import MetricsRegistry

_LABELS = ("policy", "policy_binding", "error_type", "enforcement_action")
_BUCKETS = (0.0000005, 0.001, 0.01, 0.1, 1.0)
ALLOW, DENY = "allow", "deny"
NO_ERROR, FAILED = "no_error", "invalid_error"


class PolicyMetrics:
    """Counts what one kind of policy, `validating` or `mutating`, did to requests."""

    def __init__(self, metrics: MetricsRegistry, kind: str) -> None:
        """Write to `metrics`."""
        prefix = f"apiserver_{kind}_admission_policy_check"
        self.checks = metrics.counter(f"{prefix}_total", f"Checks of {kind} admission policies by policy and outcome.", _LABELS)
        self.durations = metrics.histogram(
            f"{prefix}_duration_seconds", f"Latency of {kind} admission policies in seconds.", _LABELS, _BUCKETS
        )

    def observe(self, bound: Bound, action: str, elapsed_s: float, *, is_error: bool = False) -> None:
        """Count one outcome: allow, deny, audit or warn."""
        labels = (bound.name, bound.binding, FAILED if is_error else NO_ERROR, action)
        self.checks.inc(*labels)
        self.durations.observe(elapsed_s, *labels)

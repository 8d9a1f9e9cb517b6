"""What is measured of webhooks, under the names of the reference server."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import Hook
from pilothouse.kit.metrics import MetricsRegistry

_PREFIX = "apiserver_admission_webhook_"
_BUCKETS = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 25.0)
REFUSED, UNREACHABLE = "no_error", "calling_webhook_error"
"""Why a hook had a request rejected."""
_MAX_CODE = 600


class HookMetrics:
    """Counts the calls of one kind of hook: `admit` or `validating`."""

    def __init__(self, metrics: MetricsRegistry, kind: str) -> None:
        """Write to `metrics`."""
        self.kind = kind
        self.durations = metrics.histogram(
            f"{_PREFIX}admission_duration_seconds", "Latency of admission webhooks in seconds.",
            ("name", "type", "operation", "rejected"), _BUCKETS,
        )  # fmt: skip
        self.requests = metrics.counter(
            f"{_PREFIX}request_total", "Admission webhook requests, by name, type, operation, code and rejection.",
            ("name", "type", "operation", "code", "rejected"),
        )  # fmt: skip
        self.rejections = metrics.counter(
            f"{_PREFIX}rejection_count", "Rejections by admission webhooks, by name, type, operation, error type and code.",
            ("name", "type", "operation", "error_type", "rejection_code"),
        )  # fmt: skip
        self.missed = metrics.counter(
            f"{_PREFIX}fail_open_count", "Failed calls of admission webhooks that let the request pass.", ("name", "type")
        )

    def called(self, hook: Hook, operation: str, elapsed_s: float, *, code: int, is_rejected: bool) -> None:
        """Count a call; `code` is 0 for a hook that could not be reached."""
        rejected = "true" if is_rejected else "false"
        self.durations.observe(elapsed_s, hook.name, self.kind, operation, rejected)
        self.requests.inc(hook.name, self.kind, operation, _shown(code), rejected)

    def rejected(self, hook: Hook, operation: str, why: str, code: int = 0) -> None:
        """Count a rejection: the refusal of a hook, with the code it gave, or a call that failed and must not be missed."""
        self.rejections.inc(hook.name, self.kind, operation, why, _shown(code))

    def ignored(self, hook: Hook) -> None:
        """Count a failed call that is let pass."""
        self.missed.inc(hook.name, self.kind)


def _shown(code: int) -> str:
    """Return a code as a label: a hook may answer any number, so that all above the known ones are one."""
    return str(min(max(code, 0), _MAX_CODE))

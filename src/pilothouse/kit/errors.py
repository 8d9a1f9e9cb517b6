"""The one root of every failure Pilothouse reports.

Each class carries what all surfaces need: `reason` (CamelCase; the Kubernetes StatusReason, the condition reason, the log
field and the metric label are the same word), `http_code`, `grpc_code` and `retry`. Capabilities subclass one of the families
in their own `errors.py`; a message says what happened, where, why, and how to fix it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Retry = Literal["never", "backoff", "after"]


class PilothouseError(Exception):
    """Root of all failures with a meaning for the user."""

    reason: ClassVar[str] = "InternalError"
    http_code: ClassVar[int] = 500
    grpc_code: ClassVar[int] = 13
    retry: ClassVar[Retry] = "never"

    def __init__(self, message: str, *, fix: str = "", retry_after_s: float = 0.0) -> None:
        """Keep the message, an optional instruction that fixes it, and the wait in seconds when `retry` is `after`."""
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        """Return the message followed by the fix."""
        return f"{self.message}\n  fix: {self.fix}" if self.fix else self.message


class Invalid(PilothouseError):
    """The input cannot be accepted as it is."""

    reason = "Invalid"
    http_code = 422
    grpc_code = 3


class BadRequest(Invalid):
    """The input cannot even be read."""

    reason = "BadRequest"
    http_code = 400


class TooLarge(Invalid):
    """The input is over a stated limit."""

    reason = "RequestEntityTooLarge"
    http_code = 413
    grpc_code = 8


class NotFound(PilothouseError):
    """The thing named does not exist."""

    reason = "NotFound"
    http_code = 404
    grpc_code = 5


class AlreadyExists(PilothouseError):
    """The thing to create is there already."""

    reason = "AlreadyExists"
    http_code = 409
    grpc_code = 6


class Conflict(PilothouseError):
    """The object changed since it was read."""

    reason = "Conflict"
    http_code = 409
    grpc_code = 10
    retry = "backoff"


class Expired(PilothouseError):
    """The revision asked for is no longer kept."""

    reason = "Expired"
    http_code = 410
    grpc_code = 11


class Unauthorized(PilothouseError):
    """The caller is not known."""

    reason = "Unauthorized"
    http_code = 401
    grpc_code = 16


class Denied(PilothouseError):
    """The caller may not do this."""

    reason = "Forbidden"
    http_code = 403
    grpc_code = 7


class NotSupported(PilothouseError):
    """Pilothouse does not do this yet; the support table says so."""

    reason = "MethodNotAllowed"
    http_code = 405
    grpc_code = 12


class Unavailable(PilothouseError):
    """A part that is needed does not answer now."""

    reason = "ServiceUnavailable"
    http_code = 503
    grpc_code = 14
    retry: ClassVar[Retry] = "backoff"


class Throttled(Unavailable):
    """Too much work is queued; come back after the stated time."""

    reason = "TooManyRequests"
    http_code = 429
    grpc_code = 8
    retry = "after"


class TimedOut(Unavailable):
    """A deadline passed before the work was done."""

    reason = "Timeout"
    http_code = 504
    grpc_code = 4


class InternalError(PilothouseError):
    """A bug of ours: it should never happen and deserves a report with the traceback."""


class CallFailed(Unavailable):
    """A call of another service failed; `code` is that of gRPC."""

    reason = "CallFailed"

    def __init__(self, message: str, *, code: int) -> None:
        """Keep what the other side said."""
        super().__init__(message)
        self.code = code

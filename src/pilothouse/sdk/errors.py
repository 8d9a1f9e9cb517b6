"""Failures an API server reports, as exceptions of the matching family.

`except kit.errors.NotFound` catches a 404 whether it came from this process or from a cluster far away.
"""

from __future__ import annotations

from typing import Any

from pilothouse.kit import errors as kit


class ApiError(kit.PilothouseError):
    """A Status answer with `status: Failure`."""

    reason = "ApiError"

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        """Keep the HTTP code and the Status object."""
        details = status.get("details") or {}
        super().__init__(
            str(status.get("message") or f"the server answered {code}"),
            retry_after_s=float(details.get("retryAfterSeconds") or 0),
        )
        self.code = code
        self.status = status
        self.api_reason = str(status.get("reason", ""))

    @property
    def causes(self) -> list[dict[str, Any]]:
        """The single problems the server lists."""
        found: list[dict[str, Any]] = (self.status.get("details") or {}).get("causes") or []
        return found


class ApiBadRequest(ApiError, kit.BadRequest):
    """400: the request cannot be read."""


class ApiUnauthorized(ApiError, kit.Unauthorized):
    """401: the credentials are unknown."""


class ApiForbidden(ApiError, kit.Denied):
    """403: the user may not do this."""


class ApiNotFound(ApiError, kit.NotFound):
    """404: no such object or kind."""


class ApiAlreadyExists(ApiError, kit.AlreadyExists):
    """409 AlreadyExists: an object of this name is there."""


class ApiConflict(ApiError, kit.Conflict):
    """409 Conflict: the object changed, or another manager owns a field."""


class ApiExpired(ApiError, kit.Expired):
    """410: the resource version is no longer kept."""


class ApiInvalid(ApiError, kit.Invalid):
    """422: the object breaks a rule of its kind."""


class ApiThrottled(ApiError, kit.Throttled):
    """429: come back after `retry_after_s`."""


class ApiUnavailable(ApiError, kit.Unavailable):
    """503, 504 or 507: the server cannot answer now."""


class ApiInternalError(ApiError, kit.InternalError):
    """500: the server failed; whether the request had an effect is unknown."""


_BY_CODE: dict[int, type[ApiError]] = {
    400: ApiBadRequest,
    401: ApiUnauthorized,
    403: ApiForbidden,
    404: ApiNotFound,
    409: ApiConflict,
    410: ApiExpired,
    422: ApiInvalid,
    429: ApiThrottled,
    500: ApiInternalError,
    503: ApiUnavailable,
    504: ApiUnavailable,
    507: ApiUnavailable,
}


def api_error(code: int, status: dict[str, Any]) -> ApiError:
    """Return the exception for a Status answer."""
    if status.get("reason") == "AlreadyExists":
        return ApiAlreadyExists(code, status)
    return _BY_CODE.get(code, ApiError)(code, status)


class TerminalError(kit.PilothouseError):
    """Raised by a reconciler: trying again cannot help until the object changes."""

    reason = "TerminalError"

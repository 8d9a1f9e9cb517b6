"""What can go wrong with a release, in helm's words where helm has the case."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Invalid, NotFound, PilothouseError, TimedOut


class ReleaseNotFound(NotFound):
    """There is no such release, or no such revision of it."""

    reason = "ReleaseNotFound"


class ReleaseRefused(Invalid):
    """The operation is not possible as it was asked for."""

    reason = "ReleaseRefused"


class ReleaseBusy(Conflict):
    """Another operation works on the release and is alive."""

    reason = "ReleaseBusy"


class ReleaseUnreadable(Invalid):
    """A stored release cannot be read."""

    reason = "ReleaseUnreadable"


class OperationFailed(PilothouseError):
    """An operation began and did not succeed; the release says so."""

    reason = "OperationFailed"


class NotReady(TimedOut):
    """Objects did not become ready, or not in time."""

    reason = "NotReady"

"""What can go wrong with repositories, registries and signatures."""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound, Unavailable


class RepositoryInvalid(Invalid):
    """A repository, an index or a reference is not what it should be."""

    reason = "RepositoryInvalid"


class ChartNotFound(NotFound):
    """No repository has the chart, or not in a version that fits."""

    reason = "ChartNotFound"


class DownloadFailed(Unavailable):
    """A server cannot be reached, or refused."""

    reason = "DownloadFailed"


class DigestMismatch(Invalid):
    """What was downloaded is not what was promised."""

    reason = "DigestMismatch"


class SignatureInvalid(Invalid):
    """A provenance file is missing, broken, or not signed by a known key."""

    reason = "SignatureInvalid"


class LockOutOfSync(Invalid):
    """Chart.lock belongs to other dependencies than Chart.yaml names."""

    reason = "LockOutOfSync"

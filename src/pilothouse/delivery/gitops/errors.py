"""Failures of GitOps, each with what to do."""

from __future__ import annotations

from pilothouse.kit.errors import Invalid, NotFound, NotSupported, Unavailable


class RepositoryUnavailable(Unavailable):
    """A Git repository cannot be fetched."""

    reason = "RepositoryUnavailable"


class RevisionNotFound(NotFound):
    """A repository has no such branch, tag or commit."""

    reason = "RevisionNotFound"


class SourceInvalid(Invalid):
    """A source cannot be rendered to manifests."""

    reason = "SourceInvalid"


class SourceNotSupported(NotSupported):
    """A kind of source that this version does not read."""

    reason = "SourceNotSupported"


class CredentialsInvalid(Invalid):
    """The credentials of a repository cannot be used as they are."""

    reason = "CredentialsInvalid"


class IgnoreRuleFailed(Invalid):
    """A rule of ignoreDifferences cannot be carried out."""

    reason = "IgnoreRuleFailed"


class PushInvalid(Invalid):
    """What was sent to the webhook is no push."""

    reason = "PushInvalid"


class GeneratorFailed(Invalid):
    """A generator of an ApplicationSet gives no parameters, or its template cannot be filled."""

    reason = "GeneratorFailed"


class RepositoryMissing(GeneratorFailed):
    """The repository whose pull requests are asked for is not there."""

    reason = "RepositoryMissing"


class DestinationInvalid(Invalid):
    """An Application names a cluster that is not known, or that may not be written to."""

    reason = "DestinationInvalid"


class ProbeFailed(Unavailable):
    """A health probe gave no verdict, so that others judge."""

    reason = "HealthProbeFailed"


class ProbeSilent(ProbeFailed):
    """What a health probe asks refuses or says nothing."""

    reason = "HealthProbeSilent"


class NotificationFailed(Unavailable):
    """A notification could not be delivered."""

    reason = "NotificationFailed"


class NotificationInvalid(Invalid):
    """What argocd-notifications-cm says cannot be used."""

    reason = "NotificationInvalid"

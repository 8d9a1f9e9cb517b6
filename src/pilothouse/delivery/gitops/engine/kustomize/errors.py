"""What can be wrong with a kustomization."""

from __future__ import annotations

from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported


class KustomizationInvalid(SourceInvalid):
    """A kustomization contradicts itself or its files."""

    reason = "KustomizationInvalid"


class KustomizationNotSupported(SourceNotSupported):
    """A kustomization uses what is left to kustomize itself."""

    reason = "KustomizationNotSupported"

"""Kustomize in pure Python: the common subset, from files given as a value to objects.

Tests compare it with `kubectl kustomize`. Fields outside raise `KustomizationNotSupported`, so that the caller can leave them to
kubectl: generators, transformers and validators as plugins, configurations, openapi, buildMetadata.
"""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.kustomize.build import Builder
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid, KustomizationNotSupported

__all__ = ["Builder", "KustomizationInvalid", "KustomizationNotSupported"]

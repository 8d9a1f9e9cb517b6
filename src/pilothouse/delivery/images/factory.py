"""What the image builder declares about itself."""

from __future__ import annotations

from pilothouse.kit.registry import Capability

CAPABILITY = Capability(
    id="delivery.images",
    summary="Deterministic OCI images from a folder, without a daemon or a base image to download.",
    stability="alpha",
)

"""What the chart engine declares about itself. It runs no service: it is a library and a command."""

from __future__ import annotations

from pilothouse.kit.registry import Capability

CAPABILITY = Capability(
    id="delivery.charts",
    summary="Helm charts in pure Python: template, lint, releases shared with helm, repositories, registries, signatures.",
    stability="alpha",
    requires="charts",
)

"""What is worth keeping between two renders: compiled templates, and the heads of rendered documents.

The caller of `render` owns it. Nothing in it depends on values, so one cache serves many charts and releases; it is for one
thread at a time.
"""

from __future__ import annotations

from pilothouse.delivery.charts.engine.execution.templates import CodeCache
from pilothouse.delivery.charts.engine.rendering.manifests import Heads


class RenderCache(CodeCache):
    """Makes the second render of a chart cheap."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.heads = Heads()

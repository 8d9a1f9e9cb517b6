"""What is worth keeping between two renders: compiled templates, heads of documents, and texts whose values did not change.

The caller of `render` owns it. One cache serves many charts and releases; it is for one thread at a time.
"""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.delivery.charts.engine.execution.definitions import CodeCache, Row
from pilothouse.delivery.charts.engine.merging.schema import Fitting
from pilothouse.delivery.charts.engine.rendering.incremental import Incremental
from pilothouse.delivery.charts.engine.rendering.manifests import HeadRow, Heads


class RenderCache(CodeCache):
    """Makes the second render of a chart cheap."""

    def __init__(self, stored: Mapping[bytes, list[Row]] | None = None, heads: Mapping[bytes, HeadRow] | None = None) -> None:
        """Start empty, or with what an earlier run compiled and read."""
        super().__init__(stored)
        self.heads = Heads(heads)
        self.incremental = Incremental()
        self.fitting = Fitting()

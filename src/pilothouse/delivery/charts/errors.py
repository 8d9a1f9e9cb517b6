"""The failures of the chart engine, as the facade and the command line show them."""

from __future__ import annotations

from pilothouse.kit.errors import BadRequest, Invalid, TooLarge


class ChartInvalid(BadRequest):
    """The chart cannot be loaded: a bad archive, a missing or wrong Chart.yaml, unreadable values."""

    reason = "ChartInvalid"


class ChartTooLarge(TooLarge):
    """The chart or what it renders is over a limit."""

    reason = "ChartTooLarge"


class ValuesInvalid(Invalid):
    """The given values cannot be read, merged, or do not fit the chart's schema."""

    reason = "ValuesInvalid"


class RenderFailed(Invalid):
    """A template failed, or rendered to something that is not YAML."""

    reason = "RenderFailed"

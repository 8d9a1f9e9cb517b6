"""The long form of a server's refusal: the template lines and values that wrote the refused fields."""

from __future__ import annotations

import argparse

from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.errors import ApiError


def rejection_text(error: PilothouseError, args: argparse.Namespace, name: str, source: str) -> str:
    """Return what is known of where a refused object came from, empty when the error is another one."""
    from pilothouse.delivery.charts.engine.diagnosis.rejections import read_rejection

    status = _status_of(error)
    rejection = read_rejection(status) if status is not None else None
    if rejection is None:
        return ""
    from pilothouse.delivery.charts.cli.diagnosis.layers import given_layers
    from pilothouse.delivery.charts.cli.inputs import collect_values
    from pilothouse.delivery.charts.cli.source import located_chart
    from pilothouse.delivery.charts.engine.diagnosis.origins import chart_layers
    from pilothouse.delivery.charts.engine.diagnosis.problems import problem_text
    from pilothouse.delivery.charts.engine.diagnosis.rejections import rejection_problems
    from pilothouse.delivery.charts.engine.execution.faults import ExecError
    from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
    from pilothouse.delivery.charts.engine.rendering.render import Renderer
    from pilothouse.delivery.charts.types import ReleaseOptions
    from pilothouse.kit.clock import Entropy, SystemClock

    try:
        chart = located_chart(args, source)
        layers = [*chart_layers(chart), *given_layers(args)]
        renderer = Renderer(SystemClock().now(), Entropy(), RenderCache())
        release = ReleaseOptions(name, getattr(args, "namespace", "") or "default")
        found = rejection_problems(rejection, chart, release, collect_values(args), renderer, layers)
    except (PilothouseError, ExecError):
        return ""
    return "".join("\n" + problem_text(problem) for problem in found)


def _status_of(error: BaseException | None) -> dict[str, object] | None:
    """Return the server's answer behind an error."""
    while error is not None:
        if isinstance(error, ApiError):
            return error.status
        error = error.__cause__ or error.__context__
    return None

"""Helm charts in pure Python: load, render, lint — the same bytes `helm template` prints, without Go — and release them.

Flow: files (a folder, an archive, or a mapping) -> `load_chart` -> `Chart`; values in layers -> `merge_layers`;
`render` compiles the templates that are reached to Python code objects, runs them and returns a `Rendered` with manifests in
install order, hooks, notes and CRDs. The engine below is pure: the clock, the randomness and `lookup` are passed in. `Releases`
(below `release`) installs, upgrades and rolls back on helm's own records; `repository` is where charts come from.

Limits: 5 MB per file and 100 MB per chart, five million loop steps, 256 MB of output, 1000 nested includes, 32 private keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.errors import ChartInvalid, RenderFailed, ValuesInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
    from pilothouse.delivery.charts.engine.rendering.render import Lookup
    from pilothouse.delivery.charts.release.library import Releases
    from pilothouse.delivery.charts.repository import remote
    from pilothouse.delivery.charts.repository.types import Credentials
    from pilothouse.delivery.charts.texts import TextTemplates
    from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions, Rendered
    from pilothouse.kit.clock import Clock, Entropy

__all__ = [
    "Capabilities",
    "Chart",
    "ChartInvalid",
    "Credentials",
    "ReleaseOptions",
    "Releases",
    "RenderCache",
    "RenderFailed",
    "Rendered",
    "TextTemplates",
    "ValuesInvalid",
    "best_version",
    "load_chart",
    "merge_layers",
    "remote",
    "render",
    "set_value",
]


def __getattr__(name: str) -> Any:
    """Load the records when first asked for, so that `pilothouse --help` does not pay for them."""
    if name in ("Capabilities", "Chart", "ReleaseOptions", "Rendered"):
        from pilothouse.delivery.charts import types

        return getattr(types, name)
    if name == "remote":
        from importlib import import_module

        return import_module("pilothouse.delivery.charts.repository.remote")
    if name == "Credentials":
        from pilothouse.delivery.charts.repository.types import Credentials

        return Credentials
    if name == "RenderCache":
        from pilothouse.delivery.charts.engine.rendering.cache import RenderCache

        return RenderCache
    if name == "TextTemplates":
        from pilothouse.delivery.charts.texts import TextTemplates

        return TextTemplates
    if name == "Releases":
        from pilothouse.delivery.charts.release.library import Releases

        return Releases
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def best_version(versions: Iterable[str], constraint: str) -> str | None:
    """Return the newest of some versions (`v` in front or not) that fits a constraint, None when none does or it is none."""
    from pilothouse.delivery.charts.repository.engine.index import best_version as best
    from pilothouse.delivery.charts.repository.errors import RepositoryInvalid

    try:
        return best(versions, constraint)
    except RepositoryInvalid:
        return None


def load_chart(source: str | Path | bytes | Mapping[str, bytes]) -> Chart:
    """Load a chart from a path (folder or .tgz), the bytes of an archive, or a mapping of paths to contents.

    Paths of a mapping are relative to the chart's folder; its .helmignore counts. Raises ChartInvalid.
    """
    from pathlib import Path

    from pilothouse.delivery.charts.adapters.archive import read_archive
    from pilothouse.delivery.charts.adapters.folders import read_chart_files, without_ignored
    from pilothouse.delivery.charts.engine.chart.loading import chart_from_files

    if isinstance(source, bytes):
        files: Mapping[str, bytes] = read_archive(source)
    elif isinstance(source, (str, Path)):
        files = read_chart_files(Path(source))
    else:
        files = without_ignored(source)
    return chart_from_files(files, read_archive)


def merge_layers(layers: Sequence[Mapping[str, Any] | bytes | str]) -> dict[str, Any]:
    """Merge value layers, later ones on top; bytes and text are read as values files. Raises ValuesInvalid."""
    from pilothouse.delivery.charts.engine.chart.loading import read_values
    from pilothouse.delivery.charts.engine.merging.strvals import merge_maps

    out: dict[str, Any] = {}
    for layer in layers:
        if isinstance(layer, str):
            layer = layer.encode()
        out = merge_maps(out, read_values(layer) if isinstance(layer, bytes) else dict(layer))
    return out


def set_value(values: dict[str, Any], flag: str, text: str, read: Callable[[str], str] | None = None) -> None:
    """Change `values` as a flag of helm does (`set`, `set-string`, `set-file`, ...); `read` gives the content of a file.

    Raises ValuesInvalid.
    """
    from pilothouse.delivery.charts.engine.merging.strvals import apply_set

    apply_set(flag, text, values, read or (lambda path: path))


def render(
    chart: Chart,
    *,
    release: ReleaseOptions,
    values: Mapping[str, Any] | None = None,
    capabilities: Capabilities | None = None,
    clock: Clock,
    entropy: Entropy,
    lookup: Lookup | None = None,
    cache: RenderCache | None = None,
) -> Rendered:
    """Render a chart as `helm template` would; `cache` keeps compiled templates between renders.

    Raises ChartInvalid, ValuesInvalid, RenderFailed or ChartTooLarge.
    """
    from pilothouse.delivery.charts.engine.rendering.cache import RenderCache as Cache
    from pilothouse.delivery.charts.engine.rendering.render import Renderer, render_chart
    from pilothouse.delivery.charts.types import Capabilities

    renderer = Renderer(clock.now(), entropy, cache if cache is not None else Cache(), lookup)
    return render_chart(chart, release, dict(values or {}), capabilities or Capabilities(), renderer)

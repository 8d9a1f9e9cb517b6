"""Where a value came from: every layer that set, shadowed or deleted it, with file and line.

Layers are merged from low to high: the defaults of the deepest subchart first, then those of the charts above it, then the
values files in the order given, then the `--set` flags. A null in a higher layer deletes what a chart's defaults hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.analysis.paths import MISSING, Path, value_at
from pilothouse.delivery.charts.engine.diagnosis.lines import key_lines
from pilothouse.delivery.charts.types import Chart

GLOBAL = "global"


class Layer(msgspec.Struct, frozen=True):
    """Values of one origin. `prefix` is where they are merged: the path of a subchart, empty for everything else."""

    label: str
    values: Mapping[str, Any]
    lines: Mapping[Path, int] = {}
    prefix: Path = ()
    is_default: bool = False

    def at(self, path: Path) -> Any:
        """Return the value at a path of the root chart's values, MISSING when this layer says nothing."""
        if path[: len(self.prefix)] != self.prefix:
            return MISSING
        return value_at(self.values, path[len(self.prefix) :])

    def place(self, path: Path) -> str:
        """Return the label, with the line of the key where it is known."""
        own = path[len(self.prefix) :]
        while own and own not in self.lines:
            own = own[:-1]
        return f"{self.label}:{self.lines[own]}" if own else self.label


class Step(msgspec.Struct, frozen=True):
    """What one layer did to a value: `set`, `deleted` (a null) or `replaced` (something above it is no table there)."""

    place: str
    action: str
    value: Any = None
    at: Path = ()
    """The path that was set, when it is not the one that was asked for: one above it, or a global of a parent."""


def chart_layers(chart: Chart, folder: str = "", prefix: Path = ()) -> list[Layer]:
    """Return the defaults of a chart and its subcharts, lowest first; one with several aliases is there for each."""
    found: list[Layer] = []
    base = folder or chart.name
    for child in chart.dependencies:
        for name in _names_of(child, chart):
            found += chart_layers(child, f"{base}/charts/{child.name}", (*prefix, name))
    text = next((file.data.decode("utf-8", "replace") for file in chart.raw if file.name == "values.yaml"), "")
    own = Layer(f"{base}/values.yaml", chart.values, key_lines(text), prefix, is_default=True)
    return [*found, own]


def _names_of(child: Chart, parent: Chart) -> list[str]:
    requirements = [one for one in parent.metadata.get("dependencies") or [] if isinstance(one, dict)]
    return [str(one.get("alias") or child.name) for one in requirements if one.get("name") == child.name] or [child.name]


def file_layer(name: str, data: bytes, values: Mapping[str, Any]) -> Layer:
    """Return the layer of one values file."""
    return Layer(name, values, key_lines(data.decode("utf-8", "replace")))


def flag_layer(flag: str, text: str, read: Callable[[str], Mapping[str, Any]]) -> Layer:
    """Return the layer of one `--set` flag; `read` reads its text."""
    return Layer(f"--{flag} {text}", read(text))


def history(layers: Sequence[Layer], path: Path) -> list[Step]:
    """Return what every layer did to a value, the highest first."""
    steps: list[Step] = []
    for layer in reversed(layers):
        for candidate in aliases(path):
            step = _step(layer, candidate, path)
            if step is not None:
                steps.append(step)
                break
    return steps


def aliases(path: Path) -> Iterable[Path]:
    """Yield a path, and for a global of a subchart the same global of the charts above it, which win."""
    if GLOBAL in path[1:]:
        at = path.index(GLOBAL, 1)
        for depth in range(at):
            yield (*path[:depth], *path[at:])
    yield path


def _step(layer: Layer, path: Path, asked: Path) -> Step | None:
    value = layer.at(path)
    at = path if path != asked else ()
    if value is not MISSING:
        return Step(layer.place(path), "deleted" if value is None else "set", value, at)
    for size in range(len(path) - 1, len(layer.prefix), -1):
        above = layer.at(path[:size])
        if above is not MISSING:
            if above is None:
                return Step(layer.place(path[:size]), "deleted", None, path[:size])
            return None if isinstance(above, Mapping) else Step(layer.place(path[:size]), "replaced", above, path[:size])
    return None


def deciding(layers: Sequence[Layer], path: Path) -> Step | None:
    """Return the step that decided what the value is, None when nobody ever set it."""
    return next(iter(history(layers, path)), None)

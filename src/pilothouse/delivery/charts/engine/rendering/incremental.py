"""Render again only what a change of values can reach.

Which values a template may read is known from `analysis.reads` without running it. From the third render of the same chart with
the same `RenderCache` on, a file keeps its text when release and capabilities are as before and no value it reads has changed.
Never kept are: files that draw random values, ask for the time or for objects of a cluster; files that run text from the values
as a template; and files that read what another one changes with `set` or `merge`.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping
from typing import Any

from pilothouse.delivery.charts.engine.analysis.paths import Path, value_at
from pilothouse.delivery.charts.engine.analysis.reads import Walker
from pilothouse.delivery.charts.engine.analysis.symbols import ANY, TEXT, Reads
from pilothouse.delivery.charts.engine.execution.definitions import Definition
from pilothouse.delivery.charts.engine.functions import is_repeatable
from pilothouse.delivery.charts.engine.merging.coalesce import copy_values
from pilothouse.delivery.charts.engine.template.nodes import Template
from pilothouse.delivery.charts.types import Chart, Manifest

WORTH_IT = 3
"""The render of a chart from which on its templates are analysed."""
_MAX_CHARTS = 4
_NO_SHARING = 2
"""The form of `marshal` in which equal values have equal bytes."""


class Kept:
    """What is kept of one chart: what its files read, their last texts, and the values those were made with."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.renders = 0
        self.reads: dict[str, Reads | None] | None = None
        """By file; None for a file that always runs."""
        self.definitions: dict[str, Definition] = {}
        """Every named template."""
        self.crds: tuple[Manifest, ...] | None = None
        self.texts: dict[str, str] = {}
        self.rest: Any = None
        self.values: Mapping[str, Any] = {}
        self.shown: dict[str, bytes] = {}


class Incremental:
    """The charts a cache has seen."""

    def __init__(self) -> None:
        """Start with none."""
        self._charts: dict[Any, Kept] = {}

    def open(self, chart: Chart) -> Kept | None:
        """Return what is kept of a chart, None while that is not worth it."""
        key = _content(chart)
        kept = self._charts.get(key)
        if kept is None:
            while len(self._charts) >= _MAX_CHARTS:
                del self._charts[next(iter(self._charts))]
            kept = self._charts[key] = Kept()
        kept.renders += 1
        return kept if kept.renders >= WORTH_IT else None


class Reuse:
    """What one render may take from the last, and leaves for the next."""

    def __init__(self, kept: Kept, merged: Mapping[str, Any], rest: Any) -> None:
        """Look what has changed, before any template runs; `rest` is everything but values that templates may see."""
        self._kept = kept
        shown = {key: _shown(value) for key, value in merged.items()}
        if kept.rest != rest or kept.shown.keys() != shown.keys():
            kept.texts = {}
        changed = [
            path
            for key, text in shown.items()
            if kept.texts and kept.shown[key] != text
            for path in changes(kept.values[key], merged[key], (key,))
        ]
        for name in [name for name in kept.texts if _is_reached(self._reads(name), changed)]:
            del kept.texts[name]
        kept.rest, kept.shown = rest, shown
        kept.values = copy_values(merged) if any(reads is None or reads.changed for reads in self._all()) else merged
        self._texts, kept.texts = kept.texts, {}

    def _all(self) -> Iterable[Reads | None]:
        return (self._kept.reads or {}).values()

    def _reads(self, name: str) -> Reads | None:
        return (self._kept.reads or {}).get(name)

    def text(self, name: str) -> str | None:
        """Return the text of a file that would render as before."""
        text = self._texts.get(name)
        if text is not None:
            self._kept.texts[name] = text
        return text

    def keep(self, name: str, text: str) -> None:
        """Leave a text for the next render."""
        reads = self._reads(name)
        if reads is not None and not ("tpl" in reads.calls and _has_templates(reads, self._kept.values)):
            self._kept.texts[name] = text


def _content(chart: Chart) -> Any:
    return chart.name, chart.templates, chart.files, tuple(map(_content, chart.dependencies))


def analysed(named: Mapping[str, Template], files: Mapping[str, tuple[Template, Path]]) -> dict[str, Reads | None]:
    """Return what each file reads, None for those that must always run."""
    walker = Walker(named)
    found = {name: walker.file(tree, prefix) for name, (tree, prefix) in files.items()}
    changed = {_known(path) for reads in found.values() for path in reads.changed}
    return {name: reads if _is_steady(reads, changed) else None for name, reads in found.items()}


def _is_steady(reads: Reads, changed: set[Path]) -> bool:
    if reads.changed or not all(map(is_repeatable, reads.calls - {TEXT})):
        return False
    if "tpl" in reads.calls and TEXT in reads.calls:
        return False
    return not _is_reached(reads, changed)


def _is_reached(reads: Reads | None, changed: Iterable[Path]) -> bool:
    return reads is None or any(map(reads.covers, changed))


def _known(path: Path) -> Path:
    """Return the part of a path that is known: up to a name that may be any."""
    return path[: path.index(ANY)] if ANY in path else path


def _has_templates(reads: Reads, values: Mapping[str, Any]) -> bool:
    """Say whether any text among the values that are read is a template itself."""
    return any("{{" in repr(value_at(values, _known(path))) for path, deep in reads.paths.items() if deep or ANY in path)


def _shown(value: Any) -> bytes:
    """Return bytes that are others when a value, or the type of a part of it, is another."""
    try:
        return marshal.dumps(value, _NO_SHARING)
    except ValueError:  # types that flags and functions make
        return repr(value).encode("utf-8", "surrogateescape")


def changes(old: Any, new: Any, path: Path) -> Iterable[Path]:
    """Yield the places that differ, types included; a table with other keys than before differs as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() != new.keys():
            yield path
            return
        for key, value in new.items():
            yield from changes(old[key], value, (*path, str(key)))
    elif repr(old) != repr(new) or type(old) is not type(new):
        yield path

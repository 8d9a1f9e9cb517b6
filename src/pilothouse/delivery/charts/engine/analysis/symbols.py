"""What an expression of a template stands for, as far as it can be told without running it.

`reads` works with these: the top data of a chart, a place in the values, a table made by `dict`, one of several, or nothing
that is known.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pilothouse.delivery.charts.engine.analysis.paths import Path

ANY = "*"
"""Stands for every key or item, where which one is not known."""


class Top(msgspec.Struct, frozen=True):
    """The data a template file is run with; `prefix` is where its chart's values are."""

    prefix: Path = ()


class At(msgspec.Struct, frozen=True):
    """A place in the values of the root chart."""

    path: Path


class Made(msgspec.Struct, frozen=True):
    """A table or list that the template made."""

    items: tuple[tuple[str, Symbol], ...]


class OneOf(msgspec.Struct, frozen=True):
    """Any of several."""

    choices: tuple[Symbol, ...]


class Charts(msgspec.Struct, frozen=True):
    """`.Subcharts`: every name in it is the top data of a chart."""

    prefix: Path


class Other(msgspec.Struct, frozen=True):
    """Nothing that leads to values."""


OTHER = Other()
Symbol = Top | At | Made | OneOf | Charts | Other


def one_of(symbols: Iterable[Symbol]) -> Symbol:
    """Return the least that stands for all of these."""
    found: list[Symbol] = []
    for symbol in symbols:
        for one in symbol.choices if isinstance(symbol, OneOf) else (symbol,):
            if not isinstance(one, Other) and one not in found:
                found.append(one)
    return OTHER if not found else found[0] if len(found) == 1 else OneOf(tuple(found))


def child(symbol: Symbol, name: str) -> Symbol:
    """Return what a field, key or item of a symbol stands for."""
    if isinstance(symbol, At):
        return At((*symbol.path, name)) if len(symbol.path) < 64 else symbol
    if isinstance(symbol, Top):
        return _of_top(symbol, name)
    if isinstance(symbol, Charts):
        return Top((*symbol.prefix, name))
    if isinstance(symbol, Made):
        return one_of(item for key, item in symbol.items if key == name or ANY in (key, name))
    if isinstance(symbol, OneOf):
        return one_of(child(choice, name) for choice in symbol.choices)
    return OTHER


def _of_top(top: Top, name: str) -> Symbol:
    if name == "Values":
        return At(top.prefix)
    return Charts(top.prefix) if name == "Subcharts" else OTHER


TEXT = "\0text"
"""Stands in `calls` for a constant that is a template."""


def places(symbol: Symbol) -> list[Path]:
    """Return the places in the values that a symbol is; the top data is everything of its chart."""
    if isinstance(symbol, OneOf):
        return [path for choice in symbol.choices for path in places(choice)]
    if isinstance(symbol, At):
        return [symbol.path]
    return [symbol.prefix] if isinstance(symbol, (Top, Charts)) else []


class Reads:
    """The places in the values that templates read, each alone or with everything below it."""

    def __init__(self) -> None:
        """Start with none."""
        self.paths: dict[Path, bool] = {}
        self._first: dict[Path, str] = {}
        self._names: set[str] = set()
        self.calls: set[str] = set()
        """Every function that is called, and `TEXT` when a constant is a template."""
        self.changed: set[Path] = set()
        """Places in the values that functions such as `set` may change."""

    def join(self, other: Reads) -> None:
        """Add all of another."""
        for path, deep in other.paths.items():
            self.paths[path] = self.paths.get(path, False) or deep
        self.calls |= other.calls
        self.changed |= other.changed

    def add(self, path: Path, *, deep: bool) -> None:
        """Note a read; a global of a subchart is one of the charts above it as well."""
        self.paths[path] = self.paths.get(path, False) or deep
        if "global" in path[1:]:
            at = path.index("global", 1)
            for depth in range(at):
                above = (*path[:depth], *path[at:])
                self.paths[above] = self.paths.get(above, False) or deep

    def mark(self, symbol: Symbol, *, deep: bool = True, top: bool = True) -> None:
        """Note that the value of a symbol is used, whole when `deep`; without `top` the top data is not counted."""
        if isinstance(symbol, At):
            self.add(symbol.path, deep=deep)
        elif isinstance(symbol, Top) and deep and top:
            self.add(symbol.prefix, deep=True)
        elif isinstance(symbol, Made) and deep:
            for _, item in symbol.items:
                self.mark(item, top=top)
        elif isinstance(symbol, OneOf):
            for choice in symbol.choices:
                self.mark(choice, deep=deep, top=top)

    def covers(self, path: Path) -> bool:
        """Say whether anything reads this place, something above it as a whole, or something below it."""
        if path and not {path[0], ANY} & self._heads():
            return self.paths.get((), False)
        return any(_meets(read, deep, path) for read, deep in self.paths.items())

    def _heads(self) -> set[str]:
        if len(self._first) != len(self.paths):
            self._first = {read: read[0] if read else ANY for read in self.paths}
            self._names = set(self._first.values())
        return self._names

    def names(self, above: Path) -> set[str]:
        """Return the names read directly below a place."""
        size = len(above)
        return {read[size] for read in self.paths if len(read) > size and _same(read[:size], above)} - {ANY}


def _meets(read: Path, deep: bool, path: Path) -> bool:
    if len(read) < len(path):
        return deep and _same(read, path[: len(read)])
    return _same(read[: len(path)], path)


def _same(read: Path, path: Path) -> bool:
    return all(mine in (theirs, ANY) for mine, theirs in zip(read, path, strict=True))

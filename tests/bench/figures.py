"""The shape of a figure and how a table of them is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

STEADY = 2.0


class Figure(NamedTuple):
    """One measured value, beside its peer."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    """What has to be reached; of the ratio where there is a peer, else of the value. None: it informs."""
    is_upper: bool = False
    """Whether the bar is a maximum."""
    peer: str = ""
    peer_value: float = 0.0
    spread: tuple[float, float] | None = None
    """Lowest and highest value of the peer in this run. A peer that moved more than `STEADY` times judges nothing."""

    @property
    def is_steady(self) -> bool:
        """Whether the peer held still enough to judge by it."""
        return self.spread is None or self.spread[1] <= STEADY * self.spread[0]

    @property
    def ratio(self) -> float | None:
        """Value over peer."""
        return self.value / self.peer_value if self.peer and self.peer_value else None

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None when there is none."""
        if self.bar is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged <= self.bar if self.is_upper else judged >= self.bar


def row(figure: Figure) -> str:
    """Return the printed row."""
    peer = f"{figure.peer} {figure.peer_value:,.4g} {figure.unit}" if figure.peer else "-"
    ratio = "-" if figure.ratio is None else f"{figure.ratio:.2f}"
    unit = "x" if figure.ratio is not None else f" {figure.unit}"
    bar = "-" if figure.bar is None else f"{'<=' if figure.is_upper else '>='} {figure.bar:g}{unit}"
    verdict = {None: "-", True: "ok", False: "MISS"}[figure.is_met]
    if not figure.is_steady and figure.spread:
        verdict = f"NOISY peer {figure.spread[0]:,.4g}..{figure.spread[1]:,.4g}, measure again"
    return f"{figure.name:<44} {figure.value:>10,.4g} {figure.unit:<5} {peer:<38} {ratio:>6}  {bar:<12} {verdict}"


HEADER = f"{'figure':<44} {'value':>10} {'unit':<5} {'peer':<38} {'ratio':>6}  {'bar':<12} verdict"


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)

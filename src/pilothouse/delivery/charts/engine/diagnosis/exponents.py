"""Numbers of values that come out with an exponent: `1e+06` where 1000000 was meant.

Only numbers that are found so in a rendered file are told: one that goes through `int` or `toYaml` does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pilothouse.delivery.charts.engine.analysis.paths import leaves
from pilothouse.delivery.charts.engine.chart.exact import ANNOTATION
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer, deciding
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem
from pilothouse.delivery.charts.engine.values.floats import format_shortest

_WRITTEN = re.compile(r"(?<![\w.+-])-?\d(?:\.\d+)?e[+-]\d{2,3}(?![\w.])")


def printed_with_exponent(merged: dict[str, Any], layers: Sequence[Layer], texts: Iterable[str]) -> list[Problem]:
    """Return a warning for each whole number of values that a rendered file has with an exponent."""
    written = {match.group() for text in texts for match in _WRITTEN.finditer(text)}
    found: list[Problem] = []
    for path, value in leaves(merged) if written else ():
        if not isinstance(value, float) or not value.is_integer() or format_shortest(value) not in written:
            continue
        step = deciding(layers, path)
        place = step.place if step is not None else ""
        file, _, line = place.rpartition(":")
        placed: dict[str, Any] = {"file": file, "line": int(line)} if line.isdecimal() and file else {"file": place}
        shown = ".".join(path)
        found.append(
            Problem(
                f"{shown} is printed as {format_shortest(value)}", severity="warning", kind="values", **placed,
                help=f"write {{{{ .Values.{shown} | int64 }}}}, or set the annotation {ANNOTATION}: exact in Chart.yaml",
            )
        )  # fmt: skip
    return found

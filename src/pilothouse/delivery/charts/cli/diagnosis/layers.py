"""The layers of values that a command line names, each with its origin."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from pilothouse.delivery.charts.cli.inputs import read_file
from pilothouse.delivery.charts.engine.chart.loading import read_values
from pilothouse.delivery.charts.engine.diagnosis.origins import Layer, file_layer, flag_layer
from pilothouse.delivery.charts.engine.merging.strvals import apply_set
from pilothouse.delivery.charts.errors import ValuesInvalid

FLAGS = ("set-json", "set", "set-string", "set-file", "set-literal")
"""In the order in which helm applies them."""


def given_layers(args: argparse.Namespace) -> list[Layer]:
    """Return the layers of -f and --set, lowest first; raises ValuesInvalid."""
    layers: list[Layer] = []
    for path in (p for group in args.values for p in group.split(",")):
        data = read_file(path)
        try:
            layers.append(file_layer(path, data, read_values(data)))
        except ValuesInvalid as error:
            raise ValuesInvalid(f"failed to parse {path}: {error}") from None
    for flag in FLAGS:
        layers += [flag_layer(flag, text, partial(_set, flag)) for text in _texts(args, flag)]
    return layers


def _texts(args: argparse.Namespace, flag: str) -> list[str]:
    found: list[str] = getattr(args, flag.replace("-", "_"))
    return found


def _set(flag: str, text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    apply_set(flag, text, values, lambda path: read_file(path).decode("utf-8", "surrogateescape"))
    return values

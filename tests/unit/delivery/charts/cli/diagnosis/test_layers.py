"""The layers of a command line, in helm's order."""

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts.cli.diagnosis.layers import given_layers
from pilothouse.delivery.charts.errors import ValuesInvalid


def flags(**given: list[str]) -> argparse.Namespace:
    names = ("values", "set", "set_string", "set_file", "set_json", "set_literal")
    return argparse.Namespace(**{name: given.get(name, []) for name in names})


def test_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    (tmp_path / "b.yaml").write_text("b: 1\n")
    found = given_layers(
        flags(set=["x=1"], set_json=['y={"z":2}'], values=[f"{tmp_path / 'a.yaml'},{tmp_path / 'b.yaml'}"], set_string=["s=1"])
    )
    assert [layer.values for layer in found] == [{"a": 1.0}, {"b": 1.0}, {"y": {"z": 2}}, {"x": 1}, {"s": "1"}]
    assert [layer.label for layer in found][2:] == ['--set-json y={"z":2}', "--set x=1", "--set-string s=1"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(ValuesInvalid, match=r"failed to parse .*bad\.yaml"):
        given_layers(flags(values=[str(tmp_path / "bad.yaml")]))

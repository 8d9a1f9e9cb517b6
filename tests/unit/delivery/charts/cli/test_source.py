"""Where charts come from."""

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts.cli.source import located_chart
from pilothouse.delivery.charts.errors import ChartInvalid


def test_a_folder_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    assert located_chart(argparse.Namespace(), str(tmp_path)).name == "c"
    with pytest.raises(ChartInvalid, match="not found"):
        located_chart(argparse.Namespace(), str(tmp_path / "none"))

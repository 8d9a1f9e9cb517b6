"""What a user is told when the API server refuses an object of a chart."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli
from pilothouse.testing.environment import Environment

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports:
    - port: {{ .Values.port }}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (root / "values.yaml").write_text("port: 99999\n")
    (root / "templates" / "a.yaml").write_text(SERVICE)
    return root


@pytest.mark.parametrize("verb", [["install"], ["upgrade", "--install"]])
def test_a_refusal_names_the_template_line(
    chart: Path, verb: list[str], control_plane: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *verb, "web", str(chart), "--kubeconfig", str(control_plane.kubeconfig)])
    assert args.run(args) == 1
    told = capfd.readouterr().err
    assert "c/templates/a.yaml:6" in told
    assert ".Values.port is 99999, set by c/values.yaml:1" in told

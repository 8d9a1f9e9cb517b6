"""The test suites that real charts bring along pass as they are, subcharts on their own."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli
from pilothouse.delivery.charts.adapters.archive import read_archive
from tests.conformance.charts.corpus import ROOT

CHARTS = [
    ("kube-state-metrics-8.4.0", "", 5, 32),
    ("prom-label-proxy-0.22.0", "", 1, 8),
    ("prometheus-29.27.0", "charts/alertmanager/", 4, 18),
    ("prometheus-29.27.0", "charts/kube-state-metrics/", 5, 32),
    ("prometheus-kafka-exporter-3.1.1", "", 1, 2),
]


@pytest.mark.skipif(not ROOT.is_dir(), reason="the recorded corpus is not on this machine")
@pytest.mark.parametrize(("name", "inner", "suites", "tests"), CHARTS)
def test_suites_of_real_charts_pass(
    name: str, inner: str, suites: int, tests: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for path, data in read_archive((ROOT / "charts-visible" / f"{name}.tgz").read_bytes()).items():
        if path.startswith(inner):
            target = tmp_path / "chart" / path.removeprefix(inner)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", "unittest", str(tmp_path / "chart")])
    status = args.run(args)
    out = capfd.readouterr().out
    assert status == 0, out
    assert f"Test Suites: {suites} passed, {suites} total" in out
    assert f"Tests:       {tests} passed, {tests} total" in out

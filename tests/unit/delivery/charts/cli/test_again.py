"""`chart template` twice: the second time the engine is not even loaded, and nothing shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = """\
kind: ConfigMap
metadata: {name: a}
who: {{ .Values.who }}
{{ if .Values.random }}is: {{ randAlpha 20 }}{{ end }}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (root / "values.yaml").write_text("who: x\n")
    (root / "templates" / "a.yaml").write_text(TEMPLATE)
    return root


def run(chart: Path, *more: str, **environment: str) -> tuple[str, bool]:
    """Return what is printed, and whether the engine was loaded for it."""
    command = [sys.executable, "-X", "importtime", "-m", "pilothouse", "chart", "template", "rel", str(chart), *more]
    found = {**os.environ, "PILOTHOUSE_CACHE_DIR": str(chart.parent / "cache"), **environment}
    done = subprocess.run(command, env=found, capture_output=True, text=True, check=True)
    return done.stdout, "charts.engine" in done.stderr


def test_the_same_again_does_not_render(chart: Path) -> None:
    first, second = run(chart), run(chart)
    assert (first[1], second[1]) == (True, False)
    assert first[0] == second[0] != ""


@pytest.mark.parametrize("change", ["chart", "values", "flag", "environment"])
def test_whatever_is_read_makes_another_run(chart: Path, change: str) -> None:
    values = chart.parent / "own.yaml"
    values.write_text("who: me\n")
    assert "who: me" in run(chart, "-f", str(values))[0]
    more, environment = ["-f", str(values)], {}
    if change == "chart":
        (chart / "templates" / "a.yaml").write_text("kind: A\nwho: {{ .Values.who }}!\n")
    elif change == "values":
        values.write_text("who: you\n")
    elif change == "flag":
        more += ["--set", "who=she"]
    else:
        environment = {"HELM_DEBUG": "1"}
    wanted = {"chart": "who: me!", "values": "who: you", "flag": "who: she", "environment": "who: me"}[change]
    text, is_rendered = run(chart, *more, **environment)
    assert wanted in text and is_rendered


def test_random_values_are_drawn_each_time(chart: Path) -> None:
    first, second = run(chart, "--set", "random=true"), run(chart, "--set", "random=true")
    assert first[0] != second[0] and second[1]


def test_what_asks_others_always_renders(chart: Path) -> None:
    for more in (["--post-renderer", "cat"], ["--debug"], ["--output-dir", str(chart.parent / "out")]):
        assert run(chart, *more)[1] and run(chart, *more)[1]

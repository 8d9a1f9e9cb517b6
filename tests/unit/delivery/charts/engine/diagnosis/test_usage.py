"""Values nobody reads: what is reported really changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilothouse.delivery.charts import Chart, ReleaseOptions, load_chart, render
from pilothouse.delivery.charts.engine.analysis.paths import leaves
from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.diagnosis.origins import chart_layers
from pilothouse.delivery.charts.engine.diagnosis.usage import chart_reads
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.kit.clock import Entropy, ManualClock
from tests.unit.delivery.charts.engine.diagnosis.shop import problems

CORPUS = Path(__file__).resolve().parents[7] / "shared" / "corpus" / "charts" / "charts-visible"


def test_given_values_that_no_template_reads() -> None:
    found = problems({}, "imagee:\n  tag: x\nimage:\n  tga: x\nport: 1\ndb:\n  usr: x\nglobal:\n  zone: c\n")
    assert [(p.place, p.help) for p in found] == [
        ("my.yaml:2", "did you mean image.tag?"),
        ("my.yaml:4", "did you mean image.tag?"),
        ("my.yaml:7", "did you mean db.user?"),
    ]
    assert {p.severity for p in found} == {"warning"}


def test_values_of_a_dependency_that_is_left_out_are_no_mistake() -> None:
    assert problems({}, "db:\n  enabled: false\n  anything: 1\n") == []


def test_defaults_that_no_template_reads() -> None:
    found = problems({}, unused=True)
    assert [(p.message.split()[0], p.place) for p in found] == [
        ("db.size", "shop/charts/db/values.yaml:2"),
        ("image.tag", "shop/values.yaml:3"),
    ]


def test_texts_that_tpl_runs_are_read() -> None:
    values = "text: '{{ .Values.image.tag }}'\nimage: {tag: 1, repository: x}\nport: 1\n"
    found = problems({"templates/b.yaml": "x: {{ tpl .Values.text . }}", "values.yaml": values}, unused=True)
    assert "image.tag" not in {p.message.split()[0] for p in found}


def _changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return (
        7.0 if isinstance(value, float) else ["changed"] if isinstance(value, list) else {"k": "v"} if value == {} else "changed"
    )


def _text(chart: Chart, values: dict[str, Any]) -> str:
    release = ReleaseOptions("rel", "ns1")
    made = render(chart, release=release, values=values, clock=ManualClock(), entropy=Entropy(1))
    return made.to_text()


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("name", ["kube-prometheus-stack-88.5.3", "prometheus-29.27.0"])
def test_changing_everything_that_is_unused_changes_nothing(name: str) -> None:
    chart = load_chart(CORPUS / f"{name}.tgz")
    active = process_dependencies(chart, {}, [])
    functions = {**standard_functions(0.0, Entropy(1)), **host_functions(None, None)}
    reads = chart_reads(active, coalesce_values(active, {}, []), functions, chart)
    values: dict[str, Any] = {}
    count = 0
    for layer in chart_layers(active):
        for path, value in leaves(layer.values, layer.prefix):
            if not reads.covers(path):
                table = values
                for part in path[:-1]:
                    table = table.setdefault(part, {})
                table[path[-1]] = _changed(value)
                count += 1
    assert count >= 5
    assert _text(chart, values) == _text(chart, {})

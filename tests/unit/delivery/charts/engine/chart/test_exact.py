import pytest

from pilothouse.delivery.charts import Chart, ReleaseOptions, load_chart, render
from pilothouse.delivery.charts.engine.chart.exact import ANNOTATION, exact_values, in_mode
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.kit.clock import Entropy, SystemClock

TEMPLATE = (
    b"kind: A\nbig: {{ .Values.big }}\nlong: {{ .Values.long }}\nhalf: {{ .Values.half }}\ntype: {{ kindOf .Values.big }}\n"
)


def chart(annotation: str, **more: bytes) -> Chart:
    head = f"apiVersion: v2\nname: c\nversion: 1.0.0\nannotations: {{{ANNOTATION}: {annotation}}}\n"
    values = b"big: 1000000\nlong: 12345678901234567\nhalf: 0.5\nhuge: 18446744073709551615\n"
    return load_chart({"Chart.yaml": head.encode(), "values.yaml": values, "templates/a.yaml": TEMPLATE, **more})


def rendered(which: Chart, values: dict[str, object]) -> str:
    return render(which, release=ReleaseOptions("r"), values=values, clock=SystemClock(), entropy=Entropy(1)).to_text()


def test_whole_numbers_stay_whole() -> None:
    text = rendered(chart("exact"), {})
    assert "big: 1000000\nlong: 12345678901234567\nhalf: 0.5\ntype: int64\n" in text
    assert "big: 2000000\n" in rendered(chart("exact"), {"big": 2e6})


def test_without_asking_numbers_are_those_of_helm() -> None:
    assert "big: 1e+06\nlong: 1.2345678901234568e+16\nhalf: 0.5\ntype: float64\n" in rendered(chart("helm"), {})


def test_the_mode_of_the_chart_on_top_counts() -> None:
    parts = {"charts/s/Chart.yaml": b"apiVersion: v2\nname: s\nversion: 1.0.0\n", "charts/s/values.yaml": b"big: 3000000\n",
             "charts/s/templates/b.yaml": b"kind: B\nsub: {{ .Values.big }}\n"}  # fmt: skip
    assert "sub: 3000000" in rendered(chart("exact", **parts), {})
    assert "sub: 3e+06" in rendered(chart("helm", **parts), {})


def test_a_flag_wins_and_an_unknown_mode_is_an_error() -> None:
    assert type(in_mode(chart("helm"), {"a": 1.0}, "exact")[1]["a"]) is Int64
    assert type(in_mode(chart("exact"), {"a": 1.0}, "helm")[1]["a"]) is float
    with pytest.raises(ChartInvalid, match="annotation"):
        in_mode(chart("precise"), {})


def test_what_does_not_fit_stays_a_float() -> None:
    assert type(in_mode(chart("exact"), {})[0].values["huge"]) is float
    assert [type(value) for value in exact_values([1e30, 0.5, -3.0, float("inf"), True, "1"])] == [
        float, float, Int64, float, bool, str
    ]  # fmt: skip

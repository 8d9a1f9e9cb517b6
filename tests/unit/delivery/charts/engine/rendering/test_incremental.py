"""A render with a cache is the render without one, and runs only what a change can reach."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from pilothouse.delivery.charts import Chart, ReleaseOptions, RenderCache, load_chart, render
from pilothouse.delivery.charts.engine.analysis.paths import leaves
from pilothouse.delivery.charts.engine.rendering.incremental import WORTH_IT, changes
from pilothouse.delivery.charts.engine.rendering.render import Renderer
from pilothouse.kit.clock import Entropy, ManualClock
from pilothouse.kit.errors import PilothouseError

CORPUS = Path(__file__).resolve().parents[7] / "shared" / "corpus" / "charts" / "charts-visible"
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- name: s\n",
    "values.yaml": "a: 1\nb: {x: 1, w: {z: 1}}\nt: plain\nm: {}\nglobal: {g: 1}\n",
    "charts/s/Chart.yaml": "apiVersion: v2\nname: s\nversion: 1.0.0\n",
    "charts/s/values.yaml": "own: 1\n",
    "charts/s/templates/s.yaml": "x: {{ .Values.own }}{{ .Values.global.g }}\n",
    "templates/a.yaml": "x: {{ .Values.a }}\n",
    "templates/b.yaml": "x: {{ .Values.b.x }}\n",
    "templates/keys.yaml": "x: {{ keys .Values.b | join `,` }}\n",
    "templates/tpl.yaml": "x: {{ tpl .Values.t . }}\n",
    "templates/now.yaml": "x: {{ now | unixEpoch }}\n",
    "templates/name.yaml": "x: {{ .Release.Name }}\n",
}
STEADY = {"charts/s/templates/s.yaml", "templates/a.yaml", "templates/b.yaml", "templates/keys.yaml", "templates/tpl.yaml"}


class Runs:
    """Renders one chart again and again; every result is checked against a render without a cache."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str] | None = None) -> None:
        files = {name: text.encode() for name, text in {**FILES, **(changed or {})}.items()}
        self.chart, self.cache, self.ran = load_chart(files), RenderCache(), list[str]()
        real = Renderer._one
        monkeypatch.setattr(Renderer, "_one", lambda own, t, name, unit: (self.ran.append(name), real(own, t, name, unit))[1])
        for _ in range(WORTH_IT):
            self()

    def __call__(self, name: str = "r", **values: Any) -> set[str]:
        """Render and return the files that ran."""
        wanted = text(self.chart, values, RenderCache(), name)
        self.ran.clear()
        assert text(self.chart, values, self.cache, name) == wanted
        return {one.removeprefix("c/") for one in self.ran}


def text(chart: Chart, values: dict[str, Any], cache: RenderCache, name: str = "r") -> str:
    release = ReleaseOptions(name, "n")
    try:
        made = render(chart, release=release, values=values, clock=ManualClock(), entropy=Entropy(1), cache=cache)
    except PilothouseError as error:
        return error.message
    return made.to_text()


def test_only_what_reads_a_change_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch)
    always = {"templates/now.yaml"}
    assert run() == always
    assert run(a=2) == always | {"templates/a.yaml"}
    assert run(a=2) == always
    assert run(a=2.5, b={"x": 2}) == always | {"templates/a.yaml", "templates/b.yaml"}
    assert run(a=2.5, b={"x": 2, "new": 1}) == always | {"templates/b.yaml", "templates/keys.yaml"}
    assert run(a=2.5, b={"x": 2, "new": 1, "w": {"z": 5}}) == always
    assert run() >= always | {"templates/a.yaml", "templates/b.yaml"}
    assert run(s={"own": 2}) == always | {"charts/s/templates/s.yaml"}
    assert run(**{"s": {"own": 2}, "global": {"g": 2}}) == always | {"charts/s/templates/s.yaml"}


def test_types_count(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch)
    run(a=1)
    assert "templates/a.yaml" in run(a=True)
    assert "templates/a.yaml" in run(a=1.0)
    assert "templates/a.yaml" in run(a="1")


def test_another_release_is_another_render(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch)
    assert run(name="other") >= STEADY


def test_a_text_that_is_a_template_always_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch)
    run(t="{{ .Values.a }}")
    assert "templates/tpl.yaml" in run(t="{{ .Values.a }}", a=2)
    assert "templates/tpl.yaml" in run(t="{{ .Values.a }}", a=3)


def test_a_constant_template_may_read_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch, {"templates/tpl.yaml": "x: {{ tpl `{{ .Values.a }}` . }}\n"})
    assert "templates/tpl.yaml" in run(a=2)
    run = Runs(
        monkeypatch, {"templates/tpl.yaml": "x: {{ tpl (cat `{{ with .x }}` .Values.t `{{ end }}`) (dict `x` .Values.b) }}\n"}
    )
    assert "templates/tpl.yaml" not in run(a=2) and "templates/tpl.yaml" in run(b={"x": 7})


def test_what_one_file_changes_for_another_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {
        "templates/aa.yaml": "{{ $_ := set .Values.m `v` .Values.a }}x: 1\n",
        "templates/0.yaml": "x: {{ .Values.m.v }}\n",
        "templates/zz.yaml": "x: {{ .Values.m.v }}\n",
    }
    run = Runs(monkeypatch, changed)
    assert run(a=2) >= set(changed) and run(a=2) >= set(changed)


def test_errors_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(monkeypatch, {"templates/a.yaml": "x: {{ if eq .Values.a 2.0 }}{{ fail `two` }}{{ end }}{{ .Values.a }}\n"})
    for value in (2, 3, 2, 2, 3):
        run(a=value)


def test_changes() -> None:
    assert list(changes({"a": 1, "b": {"c": 1}}, {"a": 1, "b": {"c": 2}}, ())) == [("b", "c")]
    assert list(changes({"a": 1}, {"a": True}, ())) == [("a",)] and list(changes({"a": 1}, {"a": 1.0}, ())) == [("a",)]
    assert list(changes({"b": {}}, {"b": {"c": 1}}, ())) == [("b",)] and list(changes([1], [1], ("x",))) == []


def _changed(value: Any, dice: random.Random) -> Any:
    if dice.random() < 0.3:
        return dice.choice(["changed", 7.0, True, {"a": "b"}, ["x"], "{{ .Release.Name }}", None])
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, float) else f"{value}x" if isinstance(value, str) else value


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        below = values.get(name)
        if not isinstance(below, dict):
            below = values[name] = {}
        values = below
    values[path[-1]] = value


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize("name", ["kube-state-metrics-8.4.0", "haproxy-3.0.1", "prometheus-29.27.0", "contour-21.1.5"])
def test_random_changes_of_real_charts(name: str) -> None:
    chart, cache, other = load_chart(CORPUS / f"{name}.tgz"), RenderCache(), RenderCache()
    dice, values, places = random.Random(name), dict[str, Any](), list(leaves(chart.values))
    for _ in range(WORTH_IT):
        text(chart, values, cache)
    for _ in range(10):
        path, value = dice.choice(places)
        _put(values, path, _changed(value, dice))
        other.incremental = RenderCache().incremental
        assert text(chart, values, cache) == text(chart, values, other), (path, values)

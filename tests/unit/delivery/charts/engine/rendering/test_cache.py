"""A second render with the same cache gives the same, and reads again only what changed."""

from typing import Any

import pytest

from pilothouse.delivery.charts import ReleaseOptions, RenderCache, RenderFailed, load_chart, render
from pilothouse.delivery.charts.engine.rendering import manifests
from pilothouse.kit.clock import Entropy, ManualClock

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b"a: 1\nb: 1\n",
    "templates/a.yaml": b"kind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: {{ .Values.a | quote }}\n",
    "templates/b.yaml": b"kind: Secret\nmetadata:\n  name: b\ndata:\n  b: {{ .Values.b | quote }}\n",
}


def test_only_documents_that_changed_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = manifests.read_yaml
    monkeypatch.setattr(manifests, "read_yaml", lambda text: (read.append(text), real(text))[1])
    chart, cache = load_chart(FILES), RenderCache()

    def go(**values: Any) -> str:
        made = render(
            chart, release=ReleaseOptions("r", "n"), values=values, clock=ManualClock(), entropy=Entropy(1), cache=cache
        )
        return made.to_text()

    first = go()
    assert len(read) == 2 and go() == first and len(read) == 2
    assert 'b: "7"' in go(b=7) and len(read) == 3


def test_what_is_bad_is_said_each_time() -> None:
    heads = manifests.Heads()
    for _ in range(2):
        with pytest.raises(RenderFailed, match="YAML parse error on"):
            heads.of("a.yaml", "a: b: c")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "_MAX_REMEMBERED", 40)
    heads = manifests.Heads()
    for number in range(50):
        assert heads.of("a.yaml", f"kind: K{number}").kind == f"K{number}"
    assert sum(map(len, heads._known)) <= 40

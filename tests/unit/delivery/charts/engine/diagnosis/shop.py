"""A chart with one of every mistake."""

from typing import Any

from pilothouse.delivery.charts import Capabilities, ReleaseOptions, RenderCache, load_chart
from pilothouse.delivery.charts.engine.chart.loading import read_values
from pilothouse.delivery.charts.engine.diagnosis.collect import diagnose
from pilothouse.delivery.charts.engine.diagnosis.origins import chart_layers, file_layer
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem
from pilothouse.delivery.charts.engine.rendering.render import Renderer
from pilothouse.kit.clock import Entropy

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- name: db\n  condition: db.enabled\n",
    "values.yaml": (
        b"image:\n  repository: nginx\n  tag: '1.2'\nport: 80\ndb:\n  enabled: true\n  user: shop\nglobal:\n  zone: a\n"
    ),
    "values.schema.json": b'{"properties": {"port": {"type": "integer", "maximum": 100}}}',
    "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "charts/db/values.yaml": b"user: admin\nsize: 1\n",
    "charts/db/templates/db.yaml": b"kind: Db\nspec: {user: {{ .Values.user }}, zone: {{ .Values.global.zone }}}\n",
    "templates/_h.tpl": b'{{ define "shop.labels" }}\napp: {{ .Values.image.repository }}\n{{ end }}',
    "templates/a.yaml": (
        b'kind: A\nmetadata:\n  labels:\n    {{- include "shop.labels" . | nindent 4 }}\nport: {{ .Values.port }}\n'
    ),
}


def problems(changed: dict[str, str], values: str = "", *, unused: bool = False) -> list[Problem]:
    """Return what is wrong with the chart after some files were changed."""
    chart = load_chart({**FILES, **{name: text.encode() for name, text in changed.items()}})
    given: dict[str, Any] = read_values(values.encode())
    layers = [*chart_layers(chart), file_layer("my.yaml", values.encode(), given)]
    renderer = Renderer(0.0, Entropy(1), RenderCache())
    return diagnose(chart, ReleaseOptions("r", "n"), given, Capabilities(), renderer, layers, unused=unused)

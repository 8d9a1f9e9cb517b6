"""From the words of an API server to the template line and the value behind it."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.delivery.charts import ReleaseOptions, RenderCache, load_chart
from pilothouse.delivery.charts.engine.diagnosis.origins import chart_layers, file_layer
from pilothouse.delivery.charts.engine.diagnosis.problems import Problem
from pilothouse.delivery.charts.engine.diagnosis.rejections import Rejection, read_rejection, rejection_problems
from pilothouse.delivery.charts.engine.rendering.render import Renderer
from pilothouse.kit.clock import Entropy

SERVICE = b"""{{- define "ports" }}
    - name: http
      port: {{ .Values.port }}
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  {{- include "ports" . }}
"""
CHART = load_chart(
    {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "values.yaml": b"# comment\nport: 80\n",
        "templates/service.yaml": SERVICE,
        "templates/NOTES.txt": b"bye",
    }
)


def located(rejection: Rejection) -> list[Problem]:
    layers = [*chart_layers(CHART), file_layer("own.yaml", b"port: 99999", {"port": 99999.0})]
    renderer = Renderer(0.0, Entropy(1), RenderCache())
    return rejection_problems(rejection, CHART, ReleaseOptions("r", "n"), {"port": 99999.0}, renderer, layers)


def test_a_field_is_followed_to_the_template_and_the_value() -> None:
    status = {
        "message": 'Service "web" is invalid',
        "details": {
            "kind": "Service", "name": "web",
            "causes": [{"field": "spec.ports[0].port", "message": "Invalid value: 99999"}],
        },
    }  # fmt: skip
    rejection = read_rejection(status)
    assert rejection is not None
    [problem] = located(rejection)
    assert (problem.place, problem.source.strip()) == ("c/templates/service.yaml:3", "port: {{ .Values.port }}")
    assert problem.message == "Service/web: spec.ports[0].port: Invalid value: 99999"
    assert problem.notes[-1] == ".Values.port is 99999, set by own.yaml:1"


def test_what_is_missing_is_told_where_it_would_be() -> None:
    [problem] = located(Rejection("services", "web", (("spec.selector", "Required value"),)))
    assert problem.place == "c/templates/service.yaml:13"
    [problem] = located(Rejection("services", "web", (("metadata.name", "denied by policy"),)))
    assert (problem.place, problem.message) == ("c/templates/service.yaml:12", "Service/web: denied by policy")


def test_another_object_is_not_blamed() -> None:
    assert located(Rejection("Service", "other", (("spec", "bad"),))) == []
    assert located(Rejection("Deployment", "web", (("spec", "bad"),))) == []


@pytest.mark.parametrize(
    ("status", "rejection"),
    [
        (
            {"message": 'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.a", '
                        'duplicate field "spec.b[0].c"'},
            Rejection("Service", "", (("spec.a", "unknown field"), ("spec.b[0].c", "duplicate field"))),
        ),
        (
            {"message": "failed to create typed patch object (ns/web; /v1, Kind=Service): .spec.a: field not declared in schema"},
            Rejection("Service", "web", (("spec.a", "field not declared in schema"),)),
        ),
        (
            {"message": "failed to create typed patch object (ns/web; apps/v1, Kind=Job): errors:\n  .spec.a: one\n  .b: two"},
            Rejection("Job", "web", (("spec.a", "one"), ("b", "two"))),
        ),
        (
            {"message": "no", "details": {"kind": "pods", "name": "web"}},
            Rejection("pods", "web", (("metadata.name", "no"),)),
        ),
        ({"message": "etcd is away"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_reading(status: dict[str, Any], rejection: Rejection | None) -> None:
    assert read_rejection(status) == rejection

"""Rendered lines back to template lines."""

from pilothouse.delivery.charts.engine.diagnosis.sourcemap import Tracer
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.kit.clock import Entropy

SOURCE = 'a: 1\n{{- if .b }}\nb:\n{{ .b | toYaml | indent 2 }}\n{{- end }}\n{{ template "t" . }}\nz: 1\n'


def test_each_line_has_its_origin() -> None:
    templates = TemplateSet(standard_functions(0.0, Entropy(1)), CodeCache())
    templates.add("h.tpl", '{{ define "t" }}\nt: {{ .t }}\n{{ end }}')
    templates.add("f.yaml", SOURCE)
    tracer = Tracer()
    templates.write("f.yaml", {"b": {"v": 1, "w": 2}, "t": "T"}, tracer)
    lines = "".join(tracer).split("\n")
    origins = {line: tracer.origin(number) for number, line in enumerate(lines)}
    assert origins["a: 1"] == ("f.yaml", 1)
    assert origins["b:"] == ("f.yaml", 3)
    assert origins["  v: 1"] == origins["  w: 2"] == ("f.yaml", 4)
    assert origins["t: T"] == ("h.tpl", 2)
    assert origins["z: 1"] == ("f.yaml", 7)
    assert origins[""] is None

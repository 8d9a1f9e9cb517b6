"""Rendered lines back to template lines."""

from pilothouse.delivery.charts.engine.diagnosis.sourcemap import traced
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.kit.clock import Entropy

SOURCE = 'a: 1\n{{- if .b }}\nb:\n{{ .b | toYaml | indent 2 }}\n{{- end }}\n{{ template "t" . }}\nz: 1\n'


def test_each_line_has_its_origin() -> None:
    templates = TemplateSet(standard_functions(0.0, Entropy(1)), CodeCache())
    templates.add("h.tpl", '{{ define "t" }}\nt: {{ .t }}\n{{ end }}')
    templates.add("f.yaml", SOURCE)
    tracer = traced(templates, "f.yaml", {"b": {"v": 1, "w": 2}, "t": "T"})
    lines = "".join(tracer).split("\n")
    origins = {line: tracer.origin(number) for number, line in enumerate(lines)}
    assert origins["a: 1"] == ("f.yaml", 1)
    assert origins["b:"] == ("f.yaml", 3)
    assert origins["  v: 1"] == origins["  w: 2"] == ("f.yaml", 4)
    assert origins["t: T"] == ("h.tpl", 2)
    assert origins["z: 1"] == ("f.yaml", 7)
    assert origins[""] is None


def test_lines_of_included_templates_have_theirs() -> None:
    templates = TemplateSet({**standard_functions(0.0, Entropy(1)), **host_functions(None, None)}, CodeCache())
    templates.bind(host_functions(templates, None))
    inner = '{{ define "in" }}same: 1\nin: {{ .t }}{{ end }}'
    outer = '{{ define "out" }}\nout: 1\n{{ include "in" . }}\nsame: 1\n{{ end }}'
    templates.add("h.tpl", inner + "\n" + outer)
    templates.add(
        "f.yaml", 'spec:\n  {{- $x := include "in" . }}\n  {{- include "out" . | nindent 2 }}\n{{ tpl "last: {{ .t }}" . }}\n'
    )
    tracer = traced(templates, "f.yaml", {"t": "T"})
    lines = "".join(tracer).split("\n")
    origins = [tracer.origin(number) for number, line in enumerate(lines) if line.strip()]
    assert [line.strip() for line in lines if line.strip()] == ["spec:", "out: 1", "same: 1", "in: T", "same: 1", "last: T"]
    assert origins == [("f.yaml", 1), ("h.tpl", 4), ("h.tpl", 1), ("h.tpl", 2), ("h.tpl", 6), ("f.yaml", 4)]
    assert templates.parts is list

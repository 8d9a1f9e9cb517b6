"""Which values a template reads."""

import pytest

from pilothouse.delivery.charts.engine.analysis.reads import Walker
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.delivery.charts.engine.template.parser import parse_template
from pilothouse.kit.clock import Entropy

FUNCTIONS = {**standard_functions(0.0, Entropy(1)), **host_functions(None, None)}
HELPERS = (
    '{{ define "name" }}{{ default "x" .Values.name }}{{ end }}'
    '{{ define "ctx" }}{{ .value }}{{ .context.Values.ctx }}{{ end }}'
    '{{ define "item" }}{{ .port }}{{ end }}'
    '{{ define "loop" }}{{ include "loop" . }}{{ .Values.loop }}{{ end }}'
)


def reads(text: str) -> dict[str, bool]:
    trees = parse_template("f", HELPERS + text, FUNCTIONS)
    walker = Walker(trees)
    walker.file(trees["f"], ())
    return {".".join(path): deep for path, deep in walker.reads.paths.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ .Values.a.b }}", {"a.b": True}),
        ("{{ if .Values.a }}x{{ else if .Values.b }}{{ end }}", {"a": False, "b": False}),
        ("{{ with .Values.a }}{{ .b }}{{ $.Values.c }}{{ end }}", {"a": False, "a.b": True, "c": True}),
        ("{{ range .Values.a }}{{ .b }}{{ end }}", {"a": False, "a.*.b": True}),
        ("{{ range $k, $v := .Values.a }}{{ $k }}{{ $v.b }}{{ end }}", {"a": False, "a.*.b": True}),
        ("{{ $x := .Values.a }}{{ $x.b }}", {"a.b": True}),
        ("{{ $x := 1 }}{{ if .Values.c }}{{ $x = .Values.a }}{{ end }}{{ $x }}", {"c": False, "a": True}),
        ('{{ include "name" . }}', {"name": True}),
        ('{{ template "name" $ }}', {"name": True}),
        ('{{ include "ctx" (dict "value" .Values.v "context" $) }}', {"v": True, "ctx": True}),
        ('{{ range .Values.ports }}{{ include "item" . }}{{ end }}', {"ports": False, "ports.*.port": True}),
        ('{{ include "loop" . }}', {"loop": True}),
        ('{{ index .Values "a" "b" }}', {"a.b": True}),
        ('{{ index (list . .Values.x) 1 }}', {"x": True}),
        ('{{ if hasKey .Values.a "b" }}{{ end }}', {"a.b": False}),
        ('{{ dig "a" "b" "none" .Values.t }}', {"t.a.b": True}),
        ("{{ toYaml .Values.a }}", {"a": True}),
        ("{{ .Values.a | default .Values.b | quote }}", {"a": True, "b": True}),
        ("{{ tpl .Values.text . }}", {"text": True}),
        ('{{ include (print $.Template.BasePath "/a.yaml") . }}', {}),
        ('{{ include (printf "%sm" "na") . }}', {"name": True, "port": True}),
        ("{{ toYaml . }}", {"": True}),
        ("{{ .Release.Name }}{{ .Chart.Version }}", {}),
    ],
)  # fmt: skip
def test_reads(text: str, wanted: dict[str, bool]) -> None:
    found = reads(text)
    if "printf" in text:
        assert "name" in found
    else:
        assert found == wanted

"""What is said of an error."""

import pytest

from pilothouse.delivery.charts.engine.diagnosis.origins import Layer
from pilothouse.delivery.charts.engine.diagnosis.wording import brief, schema_problems
from tests.unit.delivery.charts.engine.diagnosis.shop import problems


def one(text: str, values: str = "") -> tuple[str, tuple[str, ...], str]:
    [problem] = problems({"templates/b.yaml": text}, values)
    return problem.message, problem.notes, problem.help


def test_a_value_that_is_missing() -> None:
    message, notes, advice = one("x: {{ .Values.image.tga.name }}")
    assert message == "nil pointer evaluating interface {}.name"
    assert notes == (".Values.image.tga is set nowhere",) and advice == "did you mean .Values.image.tag?"


def test_a_value_that_was_deleted() -> None:
    _, notes, _ = one("x: {{ .Values.image.tag.name }}", "image:\n  tag: null\n")
    assert notes == (".Values.image.tag was deleted by my.yaml:2",)


def test_a_value_of_the_wrong_form() -> None:
    _, notes, _ = one("x: {{ .Values.image.tag.name }}", "image:\n  tag: v2\n")
    assert notes == (".Values.image.tag is 'v2', set by my.yaml:2",)


def test_names_of_functions_and_templates() -> None:
    assert one("x: {{ qoute .Values.port }}")[2] == "did you mean quote?"
    assert one('x: {{ include "shop.lables" . }}')[2] == 'did you mean "shop.labels"?'


def test_the_way_to_an_error() -> None:
    [problem] = problems({"templates/_h.tpl": '{{ define "shop.labels" }}\napp: {{ .Values.no.x }}\n{{ end }}'})
    assert (problem.place, problem.length) == ("shop/templates/_h.tpl:2:9", len(".Values.no.x"))
    assert problem.notes[-1] == 'called from shop/templates/a.yaml:4 {{ include "shop.labels" . }}'


@pytest.mark.parametrize(("bad", "line"), [("   port: 1", 3), ("  x: [", 3), ("\ta: 1", 3)])
def test_a_rendered_line_is_told_by_the_template_line(bad: str, line: int) -> None:
    [problem] = problems(
        {"templates/b.yaml": f"kind: X\n{{{{- toYaml .Values.image | nindent 2 }}}}\n{bad}{{{{ .Values.none }}}}\n"}
    )
    assert problem.kind == "yaml" and abs(problem.line - line) <= 1
    assert any("rendered line" in note for note in problem.notes)


def test_schemas() -> None:
    text = "- at '/a/b': got string, want integer\n- at '': missing property 'x'\n- at '/c': 'anyOf' failed\n  - at '/c': one\n"
    found = schema_problems(text, ("db",), "db", [])
    assert [p.message for p in found] == [
        "db.a.b: got string, want integer", "db: missing property 'x'", "db.c: 'anyOf' failed",
    ]  # fmt: skip
    assert found[2].notes == ("at '/c': one",)
    layer = Layer("my.yaml", {"db": {"odd": 1}}, {("db",): 1, ("db", "odd"): 2})
    [extra] = schema_problems("- at '': additional properties 'odd' not allowed\n", ("db",), "db", [layer])
    assert extra.place == "my.yaml:2"
    [odd] = schema_problems("invalid character 'x'\n", (), "shop", [])
    assert odd.file == "shop/values.schema.json"


def test_small_words() -> None:
    assert brief(3.0) == "3" and brief(None) == "null" and brief({"a": 1}) == "a table with a" and brief([1]) == "a list of 1"
    assert len(brief("x" * 500)) == 60

import pytest

from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError
from pilothouse.delivery.charts.engine.execution.templates import Limits, TemplateSet
from pilothouse.delivery.charts.engine.functions import go_functions


def run(source: str, data: object = None, **options: object) -> str:
    templates = TemplateSet(go_functions(), CodeCache(), **options)  # type: ignore[arg-type]
    templates.add("t", source)
    return templates.execute("t", data)


def test_control_flow_and_scopes() -> None:
    assert run("{{range $i, $e := .}}{{if $i}},{{end}}{{$e}}{{end}}", ["a", "b"]) == "a,b"
    assert run("{{with .a}}{{.}}{{else}}none{{end}}", {"a": ""}) == "none"
    assert run("{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}") == "2"
    assert (
        run("{{range .}}{{if eq . 2.0}}{{continue}}{{end}}{{.}}{{if eq . 3.0}}{{break}}{{end}}{{end}}", [1.0, 2.0, 3.0, 4.0])
        == "13"
    )


def test_errors_carry_gos_position() -> None:
    with pytest.raises(ExecError) as caught:
        run("a\n{{ .a.b.c }}", {"a": None})
    assert str(caught.value) == 'template: t:2:5: executing "t" at <.a.b.c>: nil pointer evaluating interface {}.b'
    with pytest.raises(ExecError, match=r"at <index \.l 9>: error calling index: index out of range: 9"):
        run("{{ index .l 9 }}", {"l": [1]})
    with pytest.raises(ExecError, match="wrong number of args for ne: want 2 got 1"):
        run("{{ ne 1 }}")


def test_missing_key_rules() -> None:
    assert run("{{ .x }}", {}) == "<no value>"
    with pytest.raises(ExecError, match='map has no entry for key "x"'):
        run("{{ .x }}", {}, missing="error")


def test_python_is_out_of_reach() -> None:
    assert run("{{ .__class__ }}{{ .keys }}", {}) == "<no value><no value>"
    with pytest.raises(ExecError, match="can't evaluate field append"):
        run("{{ .l.append }}", {"l": []})


def test_budgets_stop_loops_and_recursion() -> None:
    with pytest.raises(BudgetExceeded, match="too many steps"):
        run("{{range .}}{{range $}}{{range $}}{{end}}{{end}}{{end}}", list(range(200)), limits=Limits(steps=1000))
    with pytest.raises(BudgetExceeded, match="depth"):
        run('{{define "a"}}{{template "a"}}{{end}}{{template "a"}}')


def test_compiled_code_is_kept_by_content() -> None:
    cache = CodeCache()
    codes = set()
    for _ in range(2):
        templates = TemplateSet(go_functions(), cache)
        templates.add("t", "{{ 1 }}")
        templates.execute("t", None)
        codes.add(templates.body("t").__code__)  # type: ignore[union-attr]
    assert len(codes) == 1

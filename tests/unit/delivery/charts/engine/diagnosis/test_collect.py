"""All problems of a run at once."""

from tests.unit.delivery.charts.engine.diagnosis.shop import problems


def test_a_good_chart_has_none() -> None:
    assert problems({}) == []


def test_every_file_is_looked_at() -> None:
    found = problems(
        {
            "templates/b.yaml": "kind: B\nx: {{ toYml .Values.image }}\n",
            "templates/c.yaml": "kind: C\nx: {{ .Values.imag.tag }}\n",
            "templates/d.yaml": "kind: D\n{{ toYaml .Values.image }}\n   bad: {{ .Values.port }}\n",
            "charts/db/templates/e.yaml": 'x: {{ required "no owner" .Values.owner }}\n',
        },
        "port: 8080\n",
    )
    assert [(p.kind, p.place) for p in found] == [
        ("schema", "my.yaml:1"),
        ("syntax", "shop/templates/b.yaml:2:7"),
        ("template", "shop/charts/db/templates/e.yaml:1:7"),
        ("template", "shop/templates/c.yaml:2:7"),
        ("yaml", "shop/templates/d.yaml:3"),
    ]


def test_values_that_do_not_fit_together() -> None:
    [problem] = problems({}, "db: 3\n")
    assert (problem.kind, problem.severity) == ("values", "error")


def test_a_render_that_never_ends_is_a_problem_of_its_file() -> None:
    [problem] = problems({"templates/b.yaml": '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}'})
    assert problem.file == "shop/templates/b.yaml" and "depth" in problem.message

"""How a problem is shown."""

from pilothouse.delivery.charts.engine.diagnosis.problems import Problem, problem_text, source_line


def test_a_problem_with_everything() -> None:
    problem = Problem(
        "nil pointer", file="a.yaml", line=12, column=5, length=7, source="x: {{ .Values.a }}", notes=("one", "two"), help="try b"
    )
    assert problem_text(problem) == (
        "error[template]: nil pointer\n"
        "  --> a.yaml:12:5\n"
        "   |\n"
        "12 | x: {{ .Values.a }}\n"
        "   |     ^^^^^^^\n"
        "   = one\n"
        "   = two\n"
        "   = help: try b\n"
    )


def test_a_problem_without_a_place() -> None:
    assert problem_text(Problem("odd", severity="warning", kind="values")) == "warning[values]: odd\n"


def test_long_lines_are_cut_around_the_place_and_nothing_drives_a_terminal() -> None:
    text = problem_text(Problem("a\x1b[31m", file="f", line=1, column=5001, length=3, source="x" * 5000 + "bad" + "y" * 5000))
    assert max(map(len, text.splitlines())) < 220 and "bad" in text and "\x1b" not in text
    excerpt, carets = text.splitlines()[3:5]
    assert excerpt.index("bad") == carets.index("^^^")


def test_lines() -> None:
    assert source_line("a\r\nb", 1) == "a" and source_line("a\nb", 2) == "b" and source_line("a", 5) == ""

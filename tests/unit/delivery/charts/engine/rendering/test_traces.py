from pilothouse.delivery.charts.engine.execution.faults import ExecError, FunctionError
from pilothouse.delivery.charts.engine.rendering.traces import exec_message, parse_message, required_marker


def test_parse_errors_name_file_and_line() -> None:
    assert parse_message("template: c/templates/a.yaml:3: unexpected EOF", "c") == (
        "parse error at (c/templates/a.yaml:3): unexpected EOF"
    )


def test_frames_are_listed_from_the_outside() -> None:
    inner = ExecError('template: c/_h.tpl:2:1: executing "h" at <.a.b>: nil pointer evaluating interface {}.b')
    outer = ExecError(f'template: c/a.yaml:1:3: executing "c/a.yaml" at <include "h" .>: error calling include: {inner}', inner)
    assert exec_message(outer, "c/a.yaml").splitlines() == [
        "c/a.yaml:1:3",
        '  executing "c/a.yaml" at <include "h" .>:',
        "    error calling include:",
        "c/_h.tpl:2:1",
        '  executing "h" at <.a.b>:',
        "    nil pointer evaluating interface {}.b",
    ]


def test_required_shows_only_its_message() -> None:
    text = f'template: c/a.yaml:1:3: executing "x" at <required>: error calling required: {required_marker("need it")}'
    assert exec_message(ExecError(text), "c/a.yaml") == "execution error at (c/a.yaml:1:3): need it"


def test_other_function_errors_stay_as_go_words_them() -> None:
    text = 'template: c/a.yaml:1:3: executing "x" at <first 1>: error calling first: Cannot find first on type int'
    assert exec_message(ExecError(text, FunctionError("Cannot find first on type int")), "c/a.yaml") == text

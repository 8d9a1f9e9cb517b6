import linecache

from pilothouse.delivery.charts.engine.compiler.statements import compile_template
from pilothouse.delivery.charts.engine.functions import go_functions
from pilothouse.delivery.charts.engine.template.parser import parse_template


def test_code_carries_template_file_line_and_column() -> None:
    functions = go_functions()
    template = parse_template("chart/templates/a.yaml", "x\n  {{ .a.b }}\n", functions)["chart/templates/a.yaml"]
    compiled = compile_template(template, functions)
    assert compiled.code.co_filename == "chart/templates/a.yaml"
    lines = {(line, column) for line, _, column, end in compiled.code.co_positions() if end}
    assert (2, 7) in lines
    assert linecache.getline("chart/templates/a.yaml", 2) == ""


def test_user_text_never_becomes_a_name() -> None:
    functions = go_functions()
    source = '{{define "import os"}}{{$evil := .__import__}}{{$evil}}{{end}}'
    template = parse_template("t", source, functions)["import os"]
    names = compile_template(template, functions).code
    assert set(names.co_names) <= {"chain", "loose", "show"}
    assert all(name[0] in "dvwr" for name in names.co_varnames)

import pytest

from pilothouse.delivery.charts.engine.template.parser import MAX_BLOCK_DEPTH, ParseError, is_empty, parse_template
from pilothouse.delivery.charts.engine.template.printer import node_text

FUNCTIONS = {"printf", "len"}


def tree(source: str) -> str:
    return node_text(parse_template("t", source, FUNCTIONS)["t"].body)


def failure(source: str) -> str:
    with pytest.raises(ParseError) as caught:
        parse_template("t", source, FUNCTIONS)
    return str(caught.value)


def test_tree_prints_back() -> None:
    source = '{{range $i, $e := .a.b | len}}{{$e}}{{else}}{{template "x" .}}{{end}}'
    assert tree(source) == source


def test_else_if_nests() -> None:
    assert tree("{{if .a}}1{{else if .b}}2{{end}}") == '{{if .a}}"1"{{else}}{{if .b}}"2"{{end}}{{end}}'


def test_definitions_are_separate_trees() -> None:
    trees = parse_template("t", '{{define "a"}}x{{end}} {{block "b" .}}y{{end}}', FUNCTIONS)
    assert sorted(trees) == ["a", "b", "t"]


def test_errors_name_file_and_line() -> None:
    assert failure("\n{{ nope }}") == 'template: t:2: function "nope" not defined'
    assert failure("{{ $x }}") == 'template: t:1: undefined variable "$x"'
    assert failure("{{if .x}}") == "template: t:1: unexpected EOF"
    assert failure("{{break}}") == "template: t:1: {{break}} outside {{range}}"
    assert failure("{{\n.x") == "template: t:2: unclosed action started at t:1"


def test_hostile_nesting_is_refused() -> None:
    assert "max expression depth exceeded" in failure("{{" + "(" * 5000 + "1" + ")" * 5000 + "}}")
    deep = "{{if .}}" * (MAX_BLOCK_DEPTH + 1) + "{{end}}" * (MAX_BLOCK_DEPTH + 1)
    assert "nested deeper" in failure(deep)


def test_white_space_is_empty() -> None:
    assert is_empty(parse_template("t", " \n ", FUNCTIONS)["t"].body)
    assert not is_empty(parse_template("t", "x", FUNCTIONS)["t"].body)

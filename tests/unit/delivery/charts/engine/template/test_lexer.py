from pilothouse.delivery.charts.engine.template.lexer import code_point, lex


def kinds(source: str) -> list[str]:
    return [token.kind for token in lex(source)]


def test_text_action_text() -> None:
    assert [t.text for t in lex("a {{ .x }} b")] == ["a ", "{{", " ", ".x", " ", "}}", " b", ""]


def test_trim_markers_take_white_space_on_their_side() -> None:
    texts = [t.text for t in lex("a \n{{- 1 -}} \n b") if t.kind == "text"]
    assert texts == ["a", "b"]


def test_minus_without_space_is_a_number() -> None:
    assert [t.text for t in lex("{{-3}}") if t.kind == "number"] == ["-3"]


def test_comments_vanish_and_unclosed_ones_fail() -> None:
    assert kinds("x{{/* c */}}y") == ["text", "text", "EOF"]
    assert lex("{{/* c }}")[-1].text == "unclosed comment"


def test_errors_end_the_tokens() -> None:
    assert lex("{{ 3k }}")[-1].text == 'bad number syntax: "3k"'
    assert lex("{{ (1 }}")[-1].text == "unclosed left paren"
    assert lex("{{ a#b }}")[-1].text == "bad character U+0023 '#'"
    assert lex('{{ "abc }}')[-1].text == "unterminated quoted string"


def test_code_point_hides_what_is_not_printable() -> None:
    assert code_point("\x01") == "U+0001"
    assert code_point("é") == "U+00E9 'é'"

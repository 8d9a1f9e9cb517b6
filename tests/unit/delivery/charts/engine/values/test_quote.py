import pytest

from pilothouse.delivery.charts.engine.values.quote import QuoteError, go_quote, go_unquote, unquote_char_constant


@pytest.mark.parametrize("text", ["plain", 'a"b', "tab\t", "é☃", "\x00\x7f", "\udcff"])
def test_round_trip(text: str) -> None:
    assert go_unquote(go_quote(text)) == text


def test_forms() -> None:
    assert go_quote("a\n") == '"a\\n"'
    assert go_quote("é", ascii_only=True) == '"\\u00e9"'
    assert go_unquote("`a\\n`") == "a\\n"
    assert unquote_char_constant("'\\n'") == 10
    with pytest.raises(QuoteError):
        go_unquote('"\\z"')

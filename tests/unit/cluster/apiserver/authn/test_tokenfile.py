"""The file of static tokens."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.authn.tokenfile import BadTokenFile, parse_token_file


def test_columns_groups_and_blank_lines() -> None:
    file = parse_token_file('abc,jane,7,"dev,ops"\n\ndef,joe,8\nghi,jim,,\n"j,k",ann,9,solo\r\n', "tokens.csv")
    assert file.tokens == {
        "abc": ("jane", "7", ("dev", "ops")), "def": ("joe", "8", ()), "ghi": ("jim", "", ()), "j,k": ("ann", "9", ("solo",)),
    }  # fmt: skip
    assert file.warnings == ()


def test_the_last_of_equal_tokens_counts_and_empty_ones_are_passed_over() -> None:
    file = parse_token_file("a,jane,1\na,joe,2\n,nobody,3\n", "tokens.csv")
    assert file.tokens == {"a": ("joe", "2", ())}
    assert [warning.partition(":")[0] for warning in file.warnings] == ["tokens.csv, line 2", "tokens.csv, line 3"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a,jane,1\nonly,two\n", "line 2"), ("\n\nx\n", "line 3"), ('a,jane,1\n"b,joe,2', "line 2"), ("a,,1\n", "line 1"),
        ('a,jane,1,"x\ny"\nbad\n', "line 3"), ("a,b,c\n" * 800_000, "longer"), ('a,"b"c,1\n', "line 1"),
    ],
)  # fmt: skip
def test_mistakes_name_the_line(text: str, place: str) -> None:
    with pytest.raises(BadTokenFile, match=place):
        parse_token_file(text, "tokens.csv")

import pytest

from pilothouse.delivery.charts.engine.values.kinds import Int64, StringSlice
from pilothouse.delivery.charts.engine.values.printing import print_value, sprint, sprintf, sprintln


@pytest.mark.parametrize(
    ("template", "args", "text"),
    [
        ("%d", (1000000.0,), "%!d(float64=1e+06)"),
        ("%v", ({"b": 1, "a": None},), "map[a:<nil> b:1]"),
        ("%5.2f|%-5s|%05d", (3.14159, "ab", 42), " 3.14|ab   |00042"),
        ("%q", ('a"b',), '"a\\"b"'),
        ("%x", ("hi",), "6869"),
        ("%T", (StringSlice(["a"]),), "[]string"),
        ("%s %s", ("a",), "a %!s(MISSING)"),
        ("%s", ("a", 1), "a%!(EXTRA int=1)"),
        ("%[2]s %[1]s", ("a", "b"), "b a"),
        ("%1000000000d", (1,), "%!(NOVERB)%!(EXTRA int=1)"),
        ("%*d", (1000000000, 1), "%!(BADWIDTH)1"),
        ("%", (), "%!(NOVERB)"),
    ],
)
def test_sprintf(template: str, args: tuple[object, ...], text: str) -> None:
    assert sprintf(template, *args) == text


def test_sprint_spaces_only_between_non_strings() -> None:
    assert sprint("a", 1, 2, "b") == "a1 2b"
    assert sprintln("a", None) == "a <nil>\n"


def test_print_value() -> None:
    assert print_value(None) == "<no value>"
    assert print_value(1e6) == "1e+06"
    assert print_value(123456.0) == "123456"
    assert print_value([1.0, "a", None]) == "[1 a <nil>]"
    assert print_value(Int64(5)) == "5"

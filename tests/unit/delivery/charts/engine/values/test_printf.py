import pytest

from pilothouse.delivery.charts.engine.values.kinds import StringSlice
from pilothouse.delivery.charts.engine.values.printf import sprint, sprintf, sprintln


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


@pytest.mark.parametrize(
    ("template", "args"),
    [
        ("a %s b %d c %v d %q e", ("x", 1, 2.5, 'y"z')),
        ("%-6s|%6s|%.2s|%06.2f|%+d|%x", ("ab", "cd", "efg", 3.14159, 5, 255)),
        ("%s %v %d %q", (None, None, None, None)),
        ("100%% of %t", (True,)),
        ("%#v and %+v", ([1.0], {"a": 1})),
    ],
)
def test_a_plan_writes_what_single_directives_write(template: str, args: tuple[object, ...]) -> None:
    assert sprintf(template, *args) == sprintf(template + "." * 1000, *args).rstrip(".")

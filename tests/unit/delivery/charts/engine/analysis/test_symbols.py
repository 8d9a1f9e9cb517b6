"""Symbols and what is read of them."""

from pilothouse.delivery.charts.engine.analysis.symbols import ANY, OTHER, At, Made, OneOf, Reads, Top, child, one_of


def test_children() -> None:
    assert child(Top(("db",)), "Values") == At(("db",))
    assert child(child(Top(), "Subcharts"), "db") == Top(("db",))
    assert child(Top(), "Release") == OTHER
    assert child(Made((("a", Top()),)), "a") == Top() and child(Made((("a", Top()),)), "b") == OTHER
    assert child(Made((("a", At(("x",))), ("b", At(("y",))))), ANY) == OneOf((At(("x",)), At(("y",))))
    assert one_of((OTHER, At(("x",)), At(("x",)))) == At(("x",))


def test_what_is_covered() -> None:
    reads = Reads()
    reads.mark(At(("a", "b")))
    reads.mark(At(("c",)), deep=False)
    reads.mark(At(("list", ANY, "name")))
    assert reads.covers(("a", "b", "deep")) and reads.covers(("a",)) and not reads.covers(("a", "x"))
    assert reads.covers(("c",)) and not reads.covers(("c", "x"))
    assert reads.covers(("list", "0", "name")) and not reads.covers(("list", "0", "other"))
    assert reads.names(("a",)) == {"b"} and reads.names(("list",)) == set()


def test_globals_are_read_in_every_chart_above() -> None:
    reads = Reads()
    reads.mark(At(("x", "db", "global", "zone")))
    assert all(reads.covers(path) for path in (("global", "zone"), ("x", "global", "zone"), ("x", "db", "global", "zone")))


def test_the_top_is_everything_but_not_for_tpl() -> None:
    reads = Reads()
    reads.mark(Made((("a", Top()),)), top=False)
    assert not reads.covers(("x",))
    reads.mark(Made((("a", Top()),)))
    assert reads.covers(("x",))


def test_none_of_many_choices_is_lost() -> None:
    reads = Reads()
    reads.mark(one_of(At((str(number),)) for number in range(40)))
    assert all(reads.covers((str(number),)) for number in range(40))

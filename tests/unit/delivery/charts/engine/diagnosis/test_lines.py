"""Lines of keys."""

from pilothouse.delivery.charts.engine.diagnosis.lines import key_lines


def test_every_key_and_item_has_its_line() -> None:
    found = key_lines("a:\n  b: 1\n  c:\n  - x\n  - y: 2\n# note\nd: {e: 1,\n  f: 2}\n")
    assert found == {
        ("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", "0"): 4, ("a", "c", "1"): 5, ("a", "c", "1", "y"): 5,
        ("d",): 7, ("d", "e"): 7, ("d", "f"): 8,
    }  # fmt: skip


def test_what_cannot_be_read_has_no_lines() -> None:
    assert key_lines("a: 1\nb: [\n") == {("a",): 1, ("b",): 2}
    assert key_lines("") == {}
    assert key_lines("x: &a [1]\ny: *a\n") == {("x",): 1, ("x", "0"): 1, ("y",): 2}
    assert key_lines("{" * 100_000) == {}

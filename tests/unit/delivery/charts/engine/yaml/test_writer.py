import pytest

from pilothouse.delivery.charts.engine.yaml.order import sorted_keys
from pilothouse.delivery.charts.engine.yaml.reader import read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import to_yaml, to_yaml_pretty


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": [1, {"c": None}], "a": {}}, "a: {}\nb:\n- 1\n- c: null"),
        ({"a": "yes", "b": "01", "c": "1e3", "d": "2020-01-01"}, 'a: "yes"\nb: "01"\nc: "1e3"\nd: "2020-01-01"'),
        ({"a": "{}", "b": "x: y", "c": "- x"}, "a: '{}'\nb: 'x: y'\nc: '- x'"),
        ({"a": "l1\nl2\n"}, "a: |\n  l1\n  l2"),
        ({"a": 1e6, "b": 1.5, "c": 1e21}, "a: 1000000\nb: 1.5\nc: 1e+21"),
        ([[1, 2], []], "- - 1\n  - 2\n- []"),
    ],
)
def test_layout(value: object, text: str) -> None:
    assert to_yaml(value) == text


def test_long_text_folds_and_reads_back() -> None:
    text = "word " * 40 + "end"
    out = to_yaml({"a": text})
    assert max(map(len, out.splitlines())) < 90
    assert read_yaml(out) == {"a": text}


def test_pretty_indents_sequences() -> None:
    assert to_yaml_pretty({"a": ["b"]}) == "a:\n  - b"


def test_keys_sort_numbers_by_value() -> None:
    assert sorted_keys(["a10", "a2", "a_", "A1", "a1"]) == ["A1", "a_", "a1", "a2", "a10"]


def test_a_cycle_is_refused() -> None:
    loop: dict[str, object] = {}
    loop["x"] = loop
    assert to_yaml(loop) == ""

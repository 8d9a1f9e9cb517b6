import pytest

from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", True),
        ("a: 0777", 511.0),
        ("a: 0b101", 5.0),
        ("a: 1_000", 1000.0),
        ("a: 2020-01-02", "2020-01-02"),
        ("a: 12:30:45", "12:30:45"),
        ("a: ~", None),
        ("a: '1'", "1"),
        ("a: !!str 1", "1"),
        ("b: &x {c: 1}\na:\n  <<: *x\n  d: 2", {"c": 1.0, "d": 2.0}),
    ],
)
def test_scalars(text: str, value: object) -> None:
    assert read_yaml(text)["a"] == value


def test_keys_become_text() -> None:
    assert read_yaml("1: a\ntrue: b\n1.5: c") == {"1": "a", "true": "b", "1.5": "c"}


def test_errors() -> None:
    with pytest.raises(YamlError, match="yaml: line 2: did not find expected"):
        read_yaml("a: 1\nb: [")
    with pytest.raises(YamlError, match="unknown anchor 'x' referenced"):
        read_yaml("a: *x")


def test_bombs_are_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(YamlError, match="excessive aliasing"):
        read_yaml("\n".join(lines))
    with pytest.raises(YamlError, match="max depth"):
        read_yaml("[" * 5000)

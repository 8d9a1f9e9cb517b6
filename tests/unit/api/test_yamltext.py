"""YAML is refused before it is built when that would take too much."""

import pytest
import yaml

from pilothouse.api.yamltext import MAX_DEPTH, ManifestLoader, UnsafeYaml, check_yaml

BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("- " * 100_000 + "a", "nested too deeply"),
        (BOMB, "excessive aliasing"),
        ("[" + "1," * 300_000 + "]", "excessive"),
        ("a: &a [*a]", "contains itself"),
        (f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 60}*a{']' * 60}\n", "nested too deeply"),
        (f"a: &a {'[' * 90}{']' * 90}\nb: &b {'[' * 90}*a{']' * 90}\nc: {'[' * 30}*b{']' * 30}\n", "nested too deeply"),
    ],
)
def test_what_is_too_much_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnsafeYaml, match=why):
        check_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n---\nb: [1, {c: d}]\n",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        "a: &a {b: c}\nd: *a\ne: *a\n",
        f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 49}*a{']' * 49}\n",
        "a: [broken",
    ],
)
def test_ordinary_and_broken_text_is_left_to_the_loader(text: str) -> None:
    check_yaml(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=", "="), ("22:22", "22:22"), ("190:20:30.15", "190:20:30.15"), ("2020-01-01", "2020-01-01"), ("1e3", 1000),
        ("1.0", 1), ("1.5", 1.5), (".5", 0.5), ("0777", 511), ("0x1F", 31), ("-12", -12), ("yes", True), ("~", None),
        ("'='", "="), ("1e400", float("inf")),
    ],
)  # fmt: skip
def test_scalars_of_manifests(text: str, value: object) -> None:
    found = yaml.load(text, Loader=ManifestLoader)
    assert (found, type(found)) == (value, type(value))

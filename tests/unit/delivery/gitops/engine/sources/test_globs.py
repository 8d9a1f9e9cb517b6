"""Patterns of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.sources.globs import matches, matching
from pilothouse.delivery.gitops.errors import SourceInvalid


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.yaml", "a/b.yaml", True), ("a?c", "abc", True), ("a?c", "ac", False), ("[a-c]x", "bx", True), ("[!a]x", "ax", False),
        ("{a,b*}.yaml", "bcd.yaml", True), ("{a,b}.yaml", "c.yaml", False), ("a.b", "axb", False), ("\\*", "*", True),
    ],
)  # fmt: skip
def test_one_star_passes_folders(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_value_files_are_found_by_folder() -> None:
    paths = ["v.yaml", "a/v.yaml", "a/b/v.yaml", "a/b/w.yaml"]
    assert matching("*/v.yaml", paths) == ["a/v.yaml"] and matching("**/v.yaml", paths) == ["a/b/v.yaml", "a/v.yaml", "v.yaml"]
    assert matching("a/**", paths) == ["a/b/v.yaml", "a/b/w.yaml", "a/v.yaml"]


@given(st.text(alphabet="ab*?[]{},/\\!-^", max_size=20), st.text(alphabet="ab/", max_size=20))
def test_any_pattern_is_answered(pattern: str, path: str) -> None:
    for passes in (True, False):
        try:
            matches(pattern, path, passes_folders=passes)
        except SourceInvalid as error:
            assert repr(pattern)[1:-1] in error.message


def test_limits() -> None:
    with pytest.raises(SourceInvalid, match="too many stars"):
        matches("*a" * 17, "x")

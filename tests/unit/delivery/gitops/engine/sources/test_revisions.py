"""What a target revision is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.charts import best_version
from pilothouse.delivery.gitops.engine.sources.revisions import find_reference, is_constraint

HEADS = {
    "HEAD": "0", "refs/heads/main": "0", "refs/heads/v1": "1", "refs/tags/v1": "2", "refs/tags/v1.2.0": "3",
    "refs/tags/v1.2.0^{}": "4", "refs/tags/1.3.0-rc.1": "5", "refs/tags/nightly": "6", "refs/pull/1/head": "7",
}  # fmt: skip


@pytest.mark.parametrize(
    "text", ["*", "1.x", "v1.*", "1.2.*", ">=1.2 <2", "^1.2", "~1", "1.0 - 2.0", ">1 || <3", "=1.2.0", "!=1.0.0"]
)
def test_constraints(text: str) -> None:
    assert is_constraint(text)


@pytest.mark.parametrize(
    "text", ["main", "v1.2.0", "feature/x", "release-1.x-fixes", "x", "HEAD", "", "refs/tags/v1", "1.2", "abc*d"]
)
def test_names(text: str) -> None:
    assert not is_constraint(text)


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("HEAD", ("HEAD", "0")), ("", ("HEAD", "0")), ("main", ("refs/heads/main", "0")), ("v1", ("refs/heads/v1", "1")),
        ("refs/tags/v1", ("refs/tags/v1", "2")), ("v1.*", ("refs/tags/v1.2.0", "4")), (">9", ("", "")), ("none", ("", "")),
        ("refs/pull/1/head", ("refs/pull/1/head", "7")), (">=1.3.0-0", ("refs/tags/1.3.0-rc.1", "5")),
    ],
)  # fmt: skip
def test_what_a_revision_names(revision: str, expected: tuple[str, str]) -> None:
    assert find_reference(HEADS, revision, best_version) == expected


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str) -> None:
    find_reference(HEADS, text, best_version)

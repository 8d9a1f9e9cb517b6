from collections.abc import Generator
from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets.combining import by_merge_key, matrix, merge
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed
from tests.unit.delivery.gitops.engine.applicationsets.world import drive

PLAIN = Templates(None)
GO = Templates(lambda text, params, options: text)


def inner(generator: dict[str, Any], params: dict[str, Any]) -> Generator[Any, Any, list[dict[str, Any]]]:
    return [dict(one) for one in generator["gives"]]
    yield


def test_every_pair() -> None:
    spec = {"generators": [{"gives": [{"a": "1"}, {"a": "2"}]}, {"gives": [{"b": "x"}]}]}
    assert drive(matrix(spec, PLAIN, inner)) == [{"a": "1", "b": "x"}, {"a": "2", "b": "x"}]
    same = {"generators": [{"gives": [{"a": 1, "t": {"x": 1}}]}, {"gives": [{"a": 2, "t": {"y": 2}}]}]}
    assert drive(matrix(same, GO, inner)) == [{"a": 1, "t": {"x": 1, "y": 2}}]
    with pytest.raises(GeneratorFailed, match="found duplicate key a"):
        drive(matrix(same, PLAIN, inner))


@pytest.mark.parametrize(("count", "words"), [(1, "less than two"), (3, "more than two")])
def test_a_matrix_has_two(count: int, words: str) -> None:
    with pytest.raises(GeneratorFailed, match=words):
        drive(matrix({"generators": [{"gives": []}] * count}, PLAIN, inner))


def test_merging_by_keys() -> None:
    spec = {"mergeKeys": ["k"], "generators": [
        {"gives": [{"k": "1", "v": "base"}, {"k": "2", "v": "base"}]}, {"gives": [{"k": "2", "v": "over"}, {"k": "9"}]},
    ]}  # fmt: skip
    assert drive(merge(spec, PLAIN, inner)) == [{"k": "1", "v": "base"}, {"k": "2", "v": "over"}]
    with pytest.raises(GeneratorFailed, match="less than two"):
        drive(merge({"generators": [], "mergeKeys": ["k"]}, PLAIN, inner))
    with pytest.raises(GeneratorFailed, match="no merge keys"):
        by_merge_key([], [])
    with pytest.raises(GeneratorFailed, match=r'Duplicate key was \{"k":"1"\}'):
        by_merge_key(["k", "k"], [{"k": "1"}, {"k": "1", "x": "y"}])

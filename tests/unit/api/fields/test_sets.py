"""Field sets: FieldsV1 there and back, and the algebra."""

import pytest

from pilothouse.api.fields.sets import FieldSet, path_text

FIELDS = {"f:spec": {".": {}, "f:replicas": {}, "f:containers": {'k:{"name":"a"}': {".": {}, "f:image": {}}}}}


def test_round_trip() -> None:
    assert FieldSet.from_fields(FIELDS).to_fields() == FIELDS


def test_algebra() -> None:
    whole = FieldSet.from_fields(FIELDS)
    part = FieldSet.from_fields({"f:spec": {"f:replicas": {}}})
    rest = whole.difference(part)
    assert rest.to_fields() == {"f:spec": {".": {}, "f:containers": {'k:{"name":"a"}': {".": {}, "f:image": {}}}}}
    assert rest.union(part) == whole
    assert whole.intersection(part) == part
    assert not part.difference(whole)


def test_paths_as_conflicts_show_them() -> None:
    texts = [path_text(path) for path in FieldSet.from_fields(FIELDS).paths()]
    assert texts == [".spec", ".spec.replicas", '.spec.containers[name="a"]', '.spec.containers[name="a"].image']


@pytest.mark.parametrize("fields", [{"x": {}}, {"f:a": 1}, []])
def test_malformed_fields(fields: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        FieldSet.from_fields(fields)  # type: ignore[arg-type]

"""Paths to fields of a schema."""

from __future__ import annotations

import pytest

from pilothouse.api.schema.fieldpaths import BadPath, follow

RAW = {
    "properties": {
        "spec": {"properties": {"a.b": {"type": "string"}, "m": {"additionalProperties": {"type": "integer"}}}},
    }
}


@pytest.mark.parametrize(
    ("path", "shown", "kind"),
    [(".spec.m['x y']", "spec.m[x y]", "integer"), (".spec['a.b']", "spec.a.b", "string"), (".spec.m.k", "spec.m[k]", "integer")],
)
def test_good_paths(path: str, shown: str, kind: str) -> None:
    found, raw = follow(path, RAW)
    assert (found, raw["type"]) == (shown, kind)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "unexpected end of JSON path"),
        (".", "unexpected end of JSON path"),
        ("spec", "expected [ or . but got: spec"),
        (".nope", "does not refer to a valid field"),
        (".spec[0]", "expected single quoted string but got 0"),
        (r".spec['\q']", "invalid escape char"),
    ],
)
def test_bad_paths(path: str, why: str) -> None:
    with pytest.raises(BadPath, match=why.replace("[", r"\[").replace(".", r"\.")):
        follow(path, RAW)


def test_brackets_can_be_forbidden() -> None:
    with pytest.raises(BadPath, match="array notation"):
        follow(".spec['a.b']", RAW, brackets=False)

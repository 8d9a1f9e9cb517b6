"""What belongs to one version of a custom resource besides its schema."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema import versions

FIELDS = {"a": {"type": "string"}, "o": {"type": "object"}}
RAW = {"type": "object", "properties": {"spec": {"type": "object", "properties": FIELDS}}}


def text(found: list[Any]) -> list[str]:
    return [f"{error.path}: {error.text()}" for error in found]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"type": "string", "jsonPath": ".a"}, "c[0].name: Required value"),
        ({"name": "a", "jsonPath": ".a"}, "c[0].type: Required value: must be one of boolean,date,integer,number,string"),
        ({"name": "a", "type": "x", "jsonPath": ".a"}, 'c[0].type: Invalid value: "x": must be one of'),
        (
            {"name": "a", "type": "string", "format": "x", "jsonPath": ".a"},
            'c[0].format: Invalid value: "x": must be one of',
        ),
        ({"name": "a", "type": "string"}, "c[0].JSONPath: Required value"),
        ({"name": "a", "type": "string", "jsonPath": "a"}, "must be a simple json path starting with ."),
    ],
)
def test_columns(column: dict[str, Any], message: str) -> None:
    assert message in text(versions.columns([column], "c"))[0]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "f[0].jsonPath: Required value"),
        (".spec.zzz", "is an invalid path: does not refer to a valid field"),
        (".spec['a']", "is an invalid path: array notation is not allowed"),
        (".spec.o", "must point to a field of type string, boolean or integer."),
    ],
)
def test_selectable_fields(path: str, message: str) -> None:
    assert message in text(versions.selectable([{"jsonPath": path}], RAW, "f"))[0]


def test_a_field_is_selectable_once() -> None:
    twice = [{"jsonPath": ".spec.a"}] * 2
    assert text(versions.selectable(twice, RAW, "f")) == ['f[1].jsonPath: Duplicate value: ".spec.a"']


def test_scale_paths() -> None:
    good = {"scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n", "labelSelectorPath": ".status.s"}}
    assert versions.subresources(good, "s") == []
    bad = {"scale": {"specReplicasPath": ".status.n", "statusReplicasPath": "", "labelSelectorPath": ".metadata.s"}}
    assert text(versions.subresources(bad, "s")) == [
        's.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
        "s.scale.statusReplicasPath: Required value",
        's.scale.labelSelectorPath: Invalid value: ".metadata.s": should be a json path under either .spec or .status',
    ]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ({"deprecationWarning": "x"}, "can only be set for deprecated versions"),
        ({"deprecated": True, "deprecationWarning": ""}, "must not be an empty string"),
        ({"deprecated": True, "deprecationWarning": "x" * 257}, "must be <= 256 characters long"),
        ({"deprecated": True, "deprecationWarning": "a\nb"}, "non-printable character found at index 1"),
    ],
)
def test_deprecation(version: dict[str, Any], message: str) -> None:
    assert message in text(versions.deprecation(version, "v"))[0]


def test_a_version_that_stored_objects_cannot_go() -> None:
    found = text(versions.stored_versions(["v1"], [{"name": "v2", "storage": True}]))
    assert found[0] == 'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2'
    assert found[1].startswith('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously')
    assert versions.stored_versions(["v1", "v2"], [{"name": "v1"}, {"name": "v2", "storage": True}]) == []


def test_unknown_formats_are_named_once() -> None:
    texts = {"type": "string", "format": "bogus"}
    raw = {"properties": {"a": texts, "b": {"items": texts}, "c": {"type": "integer", "format": "odd"}, "d": {"allOf": [texts]}}}
    assert versions.unknown_formats({**raw, "additionalProperties": {"type": "string", "format": "date-time"}}) == {"bogus"}

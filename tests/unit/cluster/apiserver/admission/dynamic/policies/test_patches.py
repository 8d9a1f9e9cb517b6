"""Values as changes to objects."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Evaluation, Expressions
from pilothouse.cluster.apiserver.admission.dynamic.policies.patches import PatchImpossible, patched

OBJ = {"kind": "A", "apiVersion": "v1", "metadata": {"name": "x"}}


def change(kind: str, text: str) -> dict[str, Any]:
    field = "jsonPatch" if kind == "JSONPatch" else "applyConfiguration"
    return patched(Evaluation(Expressions({}), {"object": OBJ}), {"patchType": kind, field: {"expression": text}}, OBJ, None)


def test_both_kinds() -> None:
    assert change("ApplyConfiguration", "Object{data: {'n': object.metadata.name}}") == {**OBJ, "data": {"n": "x"}}
    text = "[JSONPatch{op: 'add', path: '/data', value: Object.data{a: 1}}]"
    assert change("JSONPatch", text) == {**OBJ, "data": {"a": 1}}
    assert change("JSONPatch", "[JSONPatch{op: 'test', path: '/kind', value: 'B'}]") is OBJ


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("ApplyConfiguration", "Object{a: object.missing}", "resulted in error: no such key: missing"),
        ("ApplyConfiguration", "Object{a: Object.b{}}", "type mismatch: unexpected type name"),
        ("ApplyConfiguration", "Object{a: duration('1s')}", "a value of type google.protobuf.Duration cannot be part"),
        ("JSONPatch", "[JSONPatch{op: 'remove', path: '/missing'}]", "JSONPath: "),
        ("JSONPatch", "[JSONPatch{op: 'replace', path: '', value: 1}]", "JSONPath: the patched object is no object"),
        ("JSONPatch", "[JSONPatch{op: 'add', path: '/a', value: Object.a{b: Object.c{}}}]", "type mismatch: "),
    ],
)
def test_what_cannot_be_applied(kind: str, text: str, message: str) -> None:
    with pytest.raises(PatchImpossible, match=message):
        change(kind, text)

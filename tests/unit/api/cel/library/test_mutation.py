"""Object fragments and JSON patches as values."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.cel import DYN, Environment
from pilothouse.api.cel.library.mutation import JSON_PATCH, OBJECT, ROWS, Fragments, escape_key, misnamed, plain
from pilothouse.api.cel.values import Duration, EvalError

ENVIRONMENT = Environment({"object": DYN}).with_structs(Fragments(), ROWS)


def run(text: str) -> Any:
    outcome = ENVIRONMENT.compile(text).evaluate({"object": {"n": 3}})
    assert not outcome.error, outcome.error
    return outcome.value


def test_fragments_become_json() -> None:
    found = run("Object{spec: Object.spec{replicas: object.n, list: [Object.spec.list{a: 1u, ?b: object.?m}]}, raw: {'x': b'y'}}")
    assert plain(found) == {"spec": {"replicas": 3, "list": [{"a": 1}]}, "raw": {"x": "eQ=="}} and misnamed(found) == []
    assert ENVIRONMENT.compile("Object{}").result == OBJECT


def test_names_of_fragments_follow_their_fields() -> None:
    (problem,) = misnamed(run("Object{spec: Object.spec{list: {'k': [Object.spec.other{}]}}}"))
    assert problem.startswith('unexpected type name "Object.spec.other", expected "Object.spec.list"')
    assert misnamed(run("Object.spec{a: Object.spec.a{}}")) == [] and misnamed(3) == []


def test_operations() -> None:
    found = run("[JSONPatch{op: 'move', from: '/' + jsonpatch.escapeKey('a~/b'), path: '/c'}]")
    assert plain(found) == [{"op": "move", "from": "/a~0~1b", "path": "/c"}] and found[0].type_name == "JSONPatch"
    assert escape_key("x") == "x" and set(JSON_PATCH.fields) == {"op", "path", "from", "value"}


@pytest.mark.parametrize("value", [Duration(1), {1: 2}, [object()]])
def test_what_json_does_not_have(value: Any) -> None:
    with pytest.raises(EvalError):
        plain(value)


def test_only_known_types() -> None:
    types = Fragments()
    assert set(types) == {"JSONPatch", "Object"} and len(types) == 2 and "Objects" not in types

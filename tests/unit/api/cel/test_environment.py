"""The entry to the language."""

from __future__ import annotations

import pytest

from pilothouse.api.cel import BOOL, CompileError, Environment, WrongResult
from pilothouse.api.cel.types import INT, STRING, Field, object_type


def test_results_are_of_the_wanted_type() -> None:
    with pytest.raises(WrongResult) as caught:
        Environment({}).compile("1 + 1", BOOL)
    assert caught.value.found == INT


def test_extending_leaves_the_original_alone() -> None:
    base = Environment({"a": INT})
    assert base.extended({"b": INT}).compile("a + b").evaluate({"a": 1, "b": 2}).value == 3
    with pytest.raises(CompileError):
        base.compile("b")


@pytest.mark.parametrize("text", ["duration('x')", "timestamp('x')", "'a'.matches('(')"])
def test_bad_literals_are_found_before_running(text: str) -> None:
    with pytest.raises(CompileError, match=r"invalid .* argument"):
        Environment({}).compile(text)


def test_struct_literals() -> None:
    spec = object_type("Object.spec", {"replicas": Field(INT, "replicas")})
    root = object_type("Object", {"spec": Field(spec, "spec"), "name": Field(STRING, "na-me")})
    env = Environment({}, structs={"Object": root, "Object.spec": spec})
    program = env.compile("Object{spec: Object.spec{replicas: 3}, name: 'x'}")
    assert program.evaluate({}).value == {"spec": {"replicas": 3}, "na-me": "x"}
    with pytest.raises(CompileError, match="undefined field 'nope'"):
        env.compile("Object{nope: 1}")
    with pytest.raises(CompileError, match="expected type of field 'name' is 'string'"):
        env.compile("Object{name: 1}")

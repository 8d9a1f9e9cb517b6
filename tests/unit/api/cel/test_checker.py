"""Types of expressions and the wording of what does not fit."""

from __future__ import annotations

import pytest

from pilothouse.api.cel import CompileError, declare
from pilothouse.api.cel.types import Type
from tests.unit.api.cel.run import BASE

RAW = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "s": {"type": "string"},
        "l": {"type": "array", "items": {"type": "string"}},
        "m": {"type": "object", "additionalProperties": {"type": "integer"}},
        "o": {"type": "object", "properties": {"b": {"type": "boolean"}}},
        "v": {"x-kubernetes-int-or-string": True},
    },
}


def result(text: str) -> Type:
    kind = declare(RAW, "selfType")
    assert kind is not None
    return BASE.extended({"self": kind}).compile(text).result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.a", "int"),
        ("self.l.map(i, i.size())", "list(int)"),
        ("self.m['k'] + self.m.k", "int"),
        ("self.v", "dyn"),
        ("self.?s", "optional_type(string)"),
        ("self.?o.b.orValue(true)", "bool"),
        ("self.m.transformMap(k, v, k)", "map(string, string)"),
        ("self.l + []", "list(string)"),
        ("self.v > 1 ? self.v : 'x'", "dyn"),
        ("type(self.a)", "type(int)"),
        ("self.o == null || has(self.o.b)", "bool"),
    ],
)
def test_results(text: str, expected: str) -> None:
    assert str(result(text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self.zzz > 1", "ERROR: <input>:1:5: undefined field 'zzz'\n | self.zzz > 1\n | ....^"),
        ("has(self.zzz)", "<input>:1:4: undefined field 'zzz'"),
        ("self.a == 'x'", "<input>:1:8: found no matching overload for '_==_' applied to '(int, string)'"),
        ("self.s.startsWith(1)", "found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("foo(self.a)", "<input>:1:4: undeclared reference to 'foo' (in container '')"),
        ("selff.a", "<input>:1:1: undeclared reference to 'selff' (in container '')"),
        ("self.a.b", "type 'int' does not support field selection"),
        ("self.s == null", "applied to '(string, null)'"),
        ("[1, 'a']", "<input>:1:5: expected type 'int' but found 'string'"),
        ("self.a.all(i, true)", "cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("self.l.all(i, 1)", "found no matching overload for '_&&_' applied to '(bool, int)'"),
        ("self.l.filter(i, 1)", "found no matching overload for '_?_:_'"),
        ("{1.5: 1}", "unsupported map key type: double"),
        ("Nope{a: 1}", "undeclared reference to 'Nope'"),
    ],
)
def test_issues(text: str, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        result(text)
    assert message in str(caught.value)


def test_several_mistakes_are_reported_once_each() -> None:
    with pytest.raises(CompileError) as caught:
        result("self.zzz + self.yyy > 'x' && self.a == 'b'")
    assert [issue.message.split()[0] for issue in caught.value.issues] == ["undefined", "undefined", "found"]

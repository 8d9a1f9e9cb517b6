"""Which names the expressions of a policy may use."""

from __future__ import annotations

import pytest

from pilothouse.api.cel import CompileError, WrongResult
from pilothouse.api.validation.admission.compiling import PolicyCompiler


def test_variables_have_the_type_of_their_expression() -> None:
    compiler = PolicyCompiler()
    assert str(compiler.variable("a", "1").result) == "int" and str(compiler.variable("b", "variables.a + 1").result) == "int"
    with pytest.raises(CompileError, match="no matching overload"):
        compiler.validation("variables.b == 'x'")
    with pytest.raises(CompileError, match="undeclared reference to 'variables'"):
        compiler.condition("variables.a == 1")


def test_a_variable_cannot_use_itself_by_accident() -> None:
    compiler = PolicyCompiler()
    with pytest.raises(CompileError, match="undefined field 'later'"):
        compiler.variable("a", "variables.later")


def test_messages_cannot_ask_the_authorizer() -> None:
    compiler = PolicyCompiler()
    text = "authorizer.path('/x').check('get').allowed() ? 'a' : 'b'"
    assert compiler.annotation(text).source == text
    with pytest.raises(CompileError, match="undeclared reference to 'authorizer'"):
        compiler.message(text)


def test_results() -> None:
    compiler = PolicyCompiler(has_params=False)
    assert str(compiler.annotation("null").result) == "null"
    with pytest.raises(WrongResult):
        compiler.annotation("1")
    with pytest.raises(WrongResult):
        compiler.mutation("ApplyConfiguration", "[JSONPatch{}]")
    assert str(compiler.mutation("JSONPatch", " [JSONPatch{}] ").result) == "list(JSONPatch)"
    with pytest.raises(CompileError, match="undeclared reference to 'JSONPatch'"):
        compiler.validation("JSONPatch{} == null")

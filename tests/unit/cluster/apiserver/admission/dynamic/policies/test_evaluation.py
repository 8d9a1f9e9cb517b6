"""Variables, budgets and names."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.dynamic.conditions import ConditionFailed
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Evaluation, Expressions, names_for
from pilothouse.cluster.apiserver.context import User
from tests.unit.cluster.apiserver.driver import Driver, serve


def evaluation(**variables: str) -> Evaluation:
    found = [{"name": name, "expression": text} for name, text in variables.items()]
    return Evaluation(Expressions({"variables": found}), {"object": {"a": 1}})


def value(found: Evaluation, text: str) -> Any:
    outcome = found.run(found.expressions.validation(text))
    return outcome.error or outcome.value


def test_variables_are_read_once_and_only_when_needed() -> None:
    found = evaluation(good="object.a + 1", bad="object.missing", twice="variables.good * 2")
    assert value(found, "variables.twice == 4 && has(variables.bad)") is True
    assert found.names["variables"] == {"good": 2, "twice": 4}
    assert value(found, "variables.bad == 1") == 'composited variable "bad" fails to evaluate: no such key: missing'


def test_the_budget_is_shared() -> None:
    found = evaluation()
    before = found.left
    assert value(found, "[1, 2, 3].all(i, i > 0)") is True and found.left < before
    found.left = 0
    assert "cost limit" in value(found, "[1, 2, 3].all(i, i > 0)")


def test_programs_are_compiled_once() -> None:
    expressions = Expressions({})
    assert expressions.message("'a'") is expressions.message("'a'")
    assert expressions.mutation("ApplyConfiguration", "Object{}") is expressions.mutation("ApplyConfiguration", "Object{}")
    assert expressions.annotation("null").evaluate({}).value is None and expressions.conditions is None


def test_the_namespace_is_there_but_for_namespaces_themselves() -> None:
    async def test(driver: Driver) -> None:
        backend = driver.server.backend
        for plural, name in (("pods", "default"), ("namespaces", None)):
            resource = driver.server.scheme.resource("", "v1", plural)
            assert resource is not None
            names = names_for(backend, Attributes("CREATE", resource, User("u"), namespace="default"), resource, {"p": 1})
            assert (names["namespaceObject"] or {"metadata": {"name": None}})["metadata"]["name"] == name
            assert names["params"] == {"p": 1} and names["request"]["operation"] == "CREATE"

    serve(test)


def test_what_does_not_compile_any_more_fails_when_it_is_evaluated() -> None:
    found = evaluation(old="params.x", good="1")
    assert value(found, "variables.good == 1") is True
    assert value(found, "variables.old == 1").startswith('composited variable "old" fails to evaluate: compilation failed: ERROR')
    assert value(found, "params == null").startswith("compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'")
    conditions = Expressions({"matchConditions": [{"name": "c", "expression": "params == null"}]}).conditions
    assert conditions is not None
    with pytest.raises(ConditionFailed, match="compilation failed"):
        conditions.hold({})

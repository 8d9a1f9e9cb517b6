"""What the expressions of a policy are evaluated with: their compiled form, the variables, a budget for one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pilothouse.cluster.apiserver.admission.dynamic.conditions import BUDGET, Conditions, conditions_of, names_of
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.request import request_of
from pilothouse.cluster.apiserver.context import Obj

if TYPE_CHECKING:
    from pilothouse.api.cel import Outcome, Program
    from pilothouse.api.scheme import Resource
    from pilothouse.api.validation.admission.compiling import PolicyCompiler
    from pilothouse.cluster.apiserver.backend import Backend


class Expressions:
    """The expressions of one policy, compiled when first used and shared by all its bindings."""

    __slots__ = ("_compiler", "_programs", "_variables", "conditions", "spec")

    def __init__(self, spec: Obj) -> None:
        """Keep expressions that validation accepted."""
        self.spec = spec
        self.conditions: Conditions | None = conditions_of(spec.get("matchConditions") or [], self._condition)
        self._compiler: PolicyCompiler | None = None
        self._variables: dict[str, Program] = {}
        self._programs: dict[tuple[str, str], Program] = {}

    def _condition(self, text: str) -> Program:
        return _compiled(lambda: self._own().condition(text))

    def _own(self) -> PolicyCompiler:
        if self._compiler is None:
            from pilothouse.api.validation.admission.compiling import PolicyCompiler

            compiler = PolicyCompiler(has_params=bool(self.spec.get("paramKind")))
            for variable in self.spec.get("variables") or ():
                self._variables[variable["name"]] = _compiled(
                    partial(compiler.variable, variable["name"], variable["expression"])
                )
            self._compiler = compiler
        return self._compiler

    def variables(self) -> dict[str, Program]:
        """Return the programs of the variables."""
        self._own()
        return self._variables

    def validation(self, text: str) -> Program:
        """Return the program of a validation."""
        return self._kept("validation", text)

    def message(self, text: str) -> Program:
        """Return the program of a messageExpression."""
        return self._kept("message", text)

    def annotation(self, text: str) -> Program:
        """Return the program of an audit annotation."""
        return self._kept("annotation", text)

    def mutation(self, patch_type: str, text: str) -> Program:
        """Return the program of a mutation."""
        key = (patch_type, text)
        if key not in self._programs:
            self._programs[key] = _compiled(lambda: self._own().mutation(patch_type, text))
        return self._programs[key]

    def _kept(self, role: str, text: str) -> Program:
        key = (role, text)
        if key not in self._programs:
            self._programs[key] = _compiled(lambda: getattr(self._own(), role)(text))
        return self._programs[key]


class _Broken:
    """Stands for an expression that an older server accepted and this one cannot compile: it fails whenever it is evaluated."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def evaluate(self, names: Mapping[str, Any], limit: int = 0) -> Outcome:
        from pilothouse.api.cel import Outcome

        return Outcome(None, f"compilation failed: {self._problem}")


def _compiled(compile_it: Callable[[], Program]) -> Program:
    from pilothouse.api.cel import CompileError, WrongResult

    try:
        return compile_it()
    except (CompileError, WrongResult) as error:
        return cast("Program", _Broken(str(error)))


class Variables(dict[str, Any]):
    """The variables of a policy: each is evaluated when first read, once for a request."""

    def __init__(self, evaluation: Evaluation) -> None:
        """Evaluate with the names of `evaluation`."""
        super().__init__()
        self._evaluation = evaluation

    def __contains__(self, name: object) -> bool:
        """Whether there is such a variable."""
        return name in self._evaluation.expressions.variables()

    def __missing__(self, name: str) -> Any:
        """Evaluate a variable; raises KeyError for one that is not there, `EvalError` for one without a value."""
        from pilothouse.api.cel.values import EvalError

        outcome = self._evaluation.run(self._evaluation.expressions.variables()[name])
        if outcome.error:
            raise EvalError(f'composited variable "{name}" fails to evaluate: {outcome.error}')
        self[name] = outcome.value
        return outcome.value


class Evaluation:
    """One policy for one request and one set of params."""

    __slots__ = ("expressions", "left", "names")

    def __init__(self, expressions: Expressions, names: dict[str, Any]) -> None:
        """Give the names their values; `variables` are added."""
        self.expressions, self.left = expressions, BUDGET
        self.names = {**names, "variables": Variables(self)}

    def run(self, program: Program) -> Outcome:
        """Evaluate a program with what is left of the budget."""
        outcome = program.evaluate(self.names, max(self.left, 0))
        self.left -= outcome.cost
        return outcome


def names_for(backend: Backend, asked: Attributes, resource: Resource, params: Obj | None) -> dict[str, Any]:
    """Return what the names of a policy's expressions stand for."""
    is_namespace = asked.resource.kind == "Namespace" and not asked.resource.group
    names = names_of(backend, asked.user, request_of(asked, resource, ""))
    has_namespace = asked.namespace and not is_namespace
    names["namespaceObject"] = backend.look("", "namespaces", "", asked.namespace) if has_namespace else None
    names["params"] = params
    return names

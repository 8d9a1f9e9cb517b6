"""Compiling the expressions of an admission policy: which names each may use, and what it must evaluate to.

Validation compiles every expression when a policy is written; admission compiles the same way when it is used. A variable is
declared with the type its expression turned out to have, for all expressions after it. Objects and params are dynamically typed.
Source: ValidatingAdmissionPolicy and MutatingAdmissionPolicy of admissionregistration v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilothouse.api.cel import BOOL, DYN, STRING, WrongResult
from pilothouse.api.cel.library.mutation import JSON_PATCH, OBJECT, ROWS, Fragments
from pilothouse.api.cel.types import Field, list_of, object_type
from pilothouse.api.validation.admission.conditions import environment

if TYPE_CHECKING:
    from pilothouse.api.cel import Environment, Program

APPLY_CONFIGURATION = "ApplyConfiguration"
WANTED = {APPLY_CONFIGURATION: OBJECT, "JSONPatch": list_of(JSON_PATCH)}
"""What the expression of a mutation evaluates to, by patchType."""


class PolicyCompiler:
    """Compiles the expressions of one policy, in their order."""

    def __init__(self, *, has_params: bool = True) -> None:
        """Declare what all policies may use; `params` only for one with a paramKind."""
        self._variables: dict[str, Field] = {}
        names: dict[str, Any] = {"namespaceObject": DYN, **({"params": DYN} if has_params else {})}
        self._outer = environment().extended(names)
        names["variables"] = object_type("kubernetes.variables", self._variables)
        self._inner = environment().extended(names)
        self._messages = self._inner.without("authorizer")
        self._patches: Environment | None = None

    def condition(self, text: str) -> Program:
        """Return the program of a match condition, which sees no variables."""
        return self._outer.compile(text, BOOL)

    def has_variable(self, name: str) -> bool:
        """Whether a variable of this name was declared before."""
        return name in self._variables

    def variable(self, name: str, text: str) -> Program:
        """Return the program of a variable and declare it."""
        self._variables[name] = Field(DYN, name)
        program = self._inner.compile(text)
        self._variables[name] = Field(program.result, name)
        return program

    def validation(self, text: str) -> Program:
        """Return the program of a validation."""
        return self._inner.compile(text, BOOL)

    def message(self, text: str) -> Program:
        """Return the program of a messageExpression, which may not ask the authorizer."""
        return self._messages.compile(text, STRING)

    def annotation(self, text: str) -> Program:
        """Return the program of an audit annotation: a string, or null for none."""
        program = self._inner.compile(text)
        if program.result.kind not in ("string", "null"):
            raise WrongResult(program.result)
        return program

    def mutation(self, patch_type: str, text: str) -> Program:
        """Return the program of a mutation."""
        if self._patches is None:
            self._patches = self._inner.with_structs(Fragments(), ROWS)
        return self._patches.compile(text.strip(), WANTED[patch_type])

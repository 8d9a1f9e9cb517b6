"""Rules of ValidatingAdmissionPolicies: which names an expression may use, and what each must evaluate to.

Validation compiles every expression when a policy is written; admission compiles the same way when it is used. Objects, params
and variables are dynamically typed. Source: ValidatingAdmissionPolicy of admissionregistration v1.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pilothouse.api.findings import invalid, required
from pilothouse.api.validation.admission.conditions import environment, validate_conditions
from pilothouse.api.validation.checks import Findings, Obj

if TYPE_CHECKING:
    from pilothouse.api.cel import Environment, Program


@cache
def policy_environment() -> Environment:
    """Return what an expression of a policy may use: what conditions may, and params, namespaceObject, variables."""
    from pilothouse.api.cel import DYN

    return environment().extended({"params": DYN, "namespaceObject": DYN, "variables": DYN})


def compile_policy(expression: str, *, is_bool: bool = False) -> Program:
    """Return the program of an expression; raises `CompileError`, or `WrongResult` when a bool is asked for and it is none."""
    from pilothouse.api.cel import BOOL

    return policy_environment().compile(expression, BOOL if is_bool else None)


def validate_expressions(spec: Obj) -> Findings:
    """Return what is wrong with the expressions of a policy."""
    out = validate_conditions(spec.get("matchConditions") or [], "spec.matchConditions")
    for index, variable in enumerate(spec.get("variables") or ()):
        out += _expression(variable.get("expression", ""), f"spec.variables[{index}].expression", "")
    for index, validation in enumerate(spec.get("validations") or ()):
        at = f"spec.validations[{index}]"
        out += _expression(validation.get("expression", ""), f"{at}.expression", "bool")
        if validation.get("messageExpression"):
            out += _expression(validation["messageExpression"], f"{at}.messageExpression", "string")
    for index, annotation in enumerate(spec.get("auditAnnotations") or ()):
        at = f"spec.auditAnnotations[{index}].valueExpression"
        out += _expression(annotation.get("valueExpression", ""), at, "one of [string null_type]")
    return out


def _expression(text: str, path: str, wanted: str) -> Findings:
    if not text.strip():
        return [required(path)]
    from pilothouse.api.cel import BOOL, STRING, CompileError, WrongResult

    kind = {"bool": BOOL, "": None}.get(wanted, STRING)
    try:
        policy_environment().compile(text, kind)
    except CompileError as error:
        return [invalid(path, text, f"compilation failed: {error}")]
    except WrongResult as error:
        if wanted.startswith("one of") and error.found == "null_type":
            return []
        return [invalid(path, text, f"must evaluate to {wanted} but got {error.found}")]
    return []

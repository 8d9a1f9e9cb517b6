"""matchConditions: which names an expression may use, how it is compiled, and what a list of conditions must look like.

Validation calls `validate_conditions` when a configuration is written; admission compiles the same way when it is used.
The language is loaded on first use: a server without conditions never pays for it. Source: MatchCondition of
admissionregistration v1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from pilothouse.api.findings import duplicate, invalid, required, too_many
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj

if TYPE_CHECKING:
    from pilothouse.api.cel import Environment, Program

MAX_CONDITIONS = 64
_TEXT: Obj = {"type": "string"}
_TEXTS: Obj = {"type": "array", "items": _TEXT}


def _struct(*fields: str, **more: Obj) -> Obj:
    return {"type": "object", "properties": {**dict.fromkeys(fields, _TEXT), **more}}


REQUEST: Obj = _struct(
    "subResource", "requestSubResource", "name", "namespace", "operation",
    kind=_struct("group", "version", "kind"), resource=_struct("group", "version", "resource"),
    requestKind=_struct("group", "version", "kind"), requestResource=_struct("group", "version", "resource"),
    userInfo=_struct("username", "uid", groups=_TEXTS, extra={"type": "object", "additionalProperties": _TEXTS}),
    dryRun={"type": "boolean"},
)  # fmt: skip
"""The schema of `request`, without the objects, which are variables of their own."""


@cache
def environment() -> Environment:
    """Return what an expression of a condition may use: object, oldObject, request, authorizer."""
    from pilothouse.api.cel import DYN, declare
    from pilothouse.api.cel.library.authorizer import AUTHORIZER
    from pilothouse.api.cel.types import parse_type
    from pilothouse.api.schema.expressions import base_environment

    request = declare(REQUEST, "kubernetes.AdmissionRequest")
    assert request is not None
    variables = {"object": DYN, "oldObject": DYN, "request": request, "authorizer": parse_type(AUTHORIZER)}
    return base_environment().extended(variables)


def compile_condition(expression: str) -> Program:
    """Return the program of an expression; raises `CompileError`, or `WrongResult` when it is no bool."""
    from pilothouse.api.cel import BOOL

    return environment().compile(expression, BOOL)


def validate_conditions(conditions: list[Obj], path: str, compile_with: Callable[[str], Program] | None = None) -> Findings:
    """Return what is wrong with a list of matchConditions; a policy compiles them its own way."""
    out: Findings = []
    seen: set[str] = set()
    if len(conditions) > MAX_CONDITIONS:
        out.append(too_many(path, len(conditions), MAX_CONDITIONS))
    for index, condition in enumerate(conditions):
        at, name = f"{path}[{index}]", condition.get("name", "")
        out += _expression(condition.get("expression", ""), f"{at}.expression", compile_with or compile_condition)
        if not name:
            out.append(required(f"{at}.name"))
        elif name in seen:
            out.append(duplicate(f"{at}.name", name))
        else:
            out += [invalid(f"{at}.name", name, problem) for problem in names.qualified(name)]
        seen.add(name)
    return out


def _expression(text: str, path: str, compile_with: Callable[[str], Program]) -> Findings:
    if not text.strip():
        return [required(path)]
    from pilothouse.api.cel import CompileError, WrongResult

    try:
        compile_with(text)
    except CompileError as error:
        return [invalid(path, text, f"compilation failed: {error}")]
    except WrongResult as error:
        return [invalid(path, text, f"must evaluate to bool but got {error.found}")]
    return []

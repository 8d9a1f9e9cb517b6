"""Expressions in the Common Expression Language, as Kubernetes extends it.

`Environment(variables).compile(text, BOOL)` gives a `Program`; `Program.evaluate({"self": value}, limit)` an `Outcome`: a value
or an error, and what it cost. Types of objects come from schemas (`declare`), their values from `adapter`.

text -> lexer -> parser (macros) -> checker -> cost, program. Nothing here reads files, clocks or the network.
Limits: 100 000 characters, 100 levels, a budget of cost units for every run.
"""

from pilothouse.api.cel.environment import CompileError, Environment, WrongResult
from pilothouse.api.cel.program import CALL_LIMIT, Outcome, Program
from pilothouse.api.cel.schema import adapter, declare
from pilothouse.api.cel.types import BOOL, DYN, STRING, Type
from pilothouse.api.cel.values import NONE, Optional

__all__ = [
    "BOOL", "CALL_LIMIT", "DYN", "NONE", "STRING", "CompileError", "Environment", "Optional", "Outcome", "Program", "Type",
    "WrongResult", "adapter", "declare",
]  # fmt: skip

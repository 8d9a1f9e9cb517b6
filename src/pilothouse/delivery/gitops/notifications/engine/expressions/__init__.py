"""Conditions of triggers: the part of expr-lang that triggers use, evaluated over JSON.

`compile_expression(text)` reads once, `Expression.evaluate(variables)` runs. What is not supported is refused when it is read,
with the place. An expression has no loops but those over lists it is given, and a budget of steps.
"""

from __future__ import annotations

from pilothouse.delivery.gitops.notifications.engine.expressions.functions import variables_of
from pilothouse.delivery.gitops.notifications.engine.expressions.parser import Expression, compile_expression
from pilothouse.delivery.gitops.notifications.engine.expressions.values import ExpressionError

__all__ = ["Expression", "ExpressionError", "compile_expression", "variables_of"]

"""The `selector` of a generator: label selectors over parameters, whose values may be anything, cluster URLs included."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import GeneratorFailed

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selects(selector: Tree, params: Mapping[str, str]) -> bool:
    """Whether flat parameters fit a selector; raises `GeneratorFailed` for one that is wrong."""
    labels = selector.get("matchLabels") or {}
    if any(params.get(key) != value for key, value in labels.items()):
        return False
    return all(_holds(expression, params) for expression in selector.get("matchExpressions") or ())


def check_selector(selector: Tree) -> None:
    """Raise `GeneratorFailed` for a selector that is wrong."""
    for expression in selector.get("matchExpressions") or ():
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator not in _OPERATORS:
            raise GeneratorFailed(f'error parsing label selector: "{operator}" is not a valid pod selector operator')
        if operator in ("In", "NotIn") and not values:
            raise GeneratorFailed("error parsing label selector: for 'in', 'notin' operators, values set can't be empty")
        if operator in ("Exists", "DoesNotExist") and values:
            raise GeneratorFailed("error parsing label selector: values set must be empty for exists and does not exist")


def _holds(expression: Tree, params: Mapping[str, str]) -> bool:
    value, values = params.get(str(expression.get("key"))), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None

"""Rules of terms that select nodes: by labels, and by the name of a node."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, rule

_BAD_OPERATOR = "not a valid selector operator"


def node_selector(selector: Obj, path: str) -> Findings:
    """At least one term."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        return [required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")]
    return [f for index, term in enumerate(terms) for f in node_term(term, f"{path}.nodeSelectorTerms[{index}]")]


def node_term(term: Obj, path: str, *, checks_values: bool = True) -> Findings:
    """One term; the values of labels that are only preferred may be anything."""
    out: Findings = []
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        out += _expression(expression, f"{path}.matchExpressions[{index}]", checks_values)
    for index, expression in enumerate(term.get("matchFields") or ()):
        out += _field(expression, f"{path}.matchFields[{index}]")
    return out


def _expression(expression: Obj, path: str, checks_values: bool) -> Findings:
    out: Findings = []
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            out.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            out.append(forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            out.append(required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    else:
        out.append(invalid(f"{path}.operator", operator, _BAD_OPERATOR))
    out += rule(f"{path}.key", expression.get("key", ""), names.qualified)
    for index, value in enumerate(values if checks_values else ()):
        out += rule(f"{path}.values[{index}]", value, names.label_value)
    return out


def _field(expression: Obj, path: str) -> Findings:
    operator, key, values = expression.get("operator", ""), expression.get("key", ""), expression.get("values") or []
    out: Findings = []
    if operator not in ("In", "NotIn"):
        out.append(invalid(f"{path}.operator", operator, _BAD_OPERATOR))
    elif len(values) != 1:
        text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        out.append(required(f"{path}.values", text))
    if key != "metadata.name":
        return [*out, invalid(f"{path}.key", key, "not a valid field selector key")]
    for index, value in enumerate(values):
        out += rule(f"{path}.values[{index}]", value, names.subdomain)
    return out

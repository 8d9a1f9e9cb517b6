"""The rules of a schema itself (`x-kubernetes-validations`), when a CustomResourceDefinition is written.

`check_shapes` looks at one schema node, `check_expressions` compiles every rule of a schema that is otherwise fine and adds up
what the rules may cost. Source: CustomResourceDefinition validation of Kubernetes.
"""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.cel import BOOL, STRING, CompileError, Environment, Program, Type, WrongResult
from pilothouse.api.cel.schema import MAX_REQUEST, measure
from pilothouse.api.cel.types import UNBOUNDED, optional_of
from pilothouse.api.findings import FieldError, Verbatim, forbidden, invalid, required, unsupported
from pilothouse.api.schema.fieldpaths import BadPath, follow
from pilothouse.api.schema.rules.nested import NAME, parts_of

Raw = dict[str, Any]
Findings = list[FieldError]
RULE_LIMIT, TOTAL_LIMIT = 10_000_000, 100_000_000
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_ADVICE = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
)


def check_shapes(raw: Raw, path: str) -> Findings:
    """Return what is wrong with the rules of one node, apart from their expressions."""
    out: Findings = []
    for index, rule in enumerate(raw.get(NAME) or ()):
        at = f"{path}.{NAME}[{index}]"
        out += _texts(rule, at)
        expression = rule.get("messageExpression")
        if expression and not expression.strip():
            out.append(required(f"{at}.messageExpression", "messageExpression must be non-empty if specified"))
        if rule.get("reason") and rule["reason"] not in REASONS:
            out.append(unsupported(f"{at}.reason", rule["reason"], REASONS))
        out += _field_path(rule.get("fieldPath") or "", raw, f"{at}.fieldPath")
    return out


def check_nested_shapes(raw: Raw, path: str) -> Findings:
    """Return what is wrong with the rules of one node that stand in its `allOf`, apart from their expressions."""
    out: Findings = []
    for index, part in parts_of(raw):
        out += _shapes_below(part, f"{path}.allOf[{index}]")
    return out


def _shapes_below(raw: Raw, path: str) -> Findings:
    out = check_shapes(raw, path) + check_nested_shapes(raw, path)
    for name, child in sorted((raw.get("properties") or {}).items()):
        out += _shapes_below(child, f"{path}.properties[{name}]")
    for key in ("items", "additionalProperties"):
        if isinstance(raw.get(key), dict):
            out += _shapes_below(raw[key], f"{path}.{key}")
    return out


def _texts(rule: Raw, at: str) -> Findings:
    text, message = (rule.get("rule") or "").strip(), rule.get("message") or ""
    if not text:
        return [required(f"{at}.rule", "rule is not specified")]
    if message and not message.strip():
        return [invalid(f"{at}.message", message, "must be non-empty if specified")]
    if _has_break(message.strip()):
        return [invalid(f"{at}.message", message, "must not contain line breaks")]
    if _has_break(text) and not message:
        return [required(f"{at}.message", "message must be specified if rule contains line breaks")]
    return []


def _has_break(text: str) -> bool:
    return "\n" in text or "\r" in text


def _field_path(text: str, raw: Raw, at: str) -> Findings:
    if not text:
        return []
    out: Findings = []
    if not text.strip():
        out.append(invalid(at, text, "must be non-empty if specified"))
    if _has_break(text):
        out.append(invalid(at, text, "must not contain line breaks"))
    try:
        follow(text, raw)
    except BadPath:
        out.append(invalid(at, text, "must be a valid path"))
    return out


def check_expressions(raw: Raw, path: str, base: Environment) -> Findings:
    """Return what is wrong with the expressions of a whole schema, their cost included."""
    check = _Check(base)
    check.node(raw, path, cardinality=1, lost="", is_resource=True)
    if check.total > TOTAL_LIMIT:
        check.expensive.sort(key=lambda item: -item[0])
        text = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
        check.out += [forbidden(where, text) for _, where in check.expensive[:4]]
        name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        check.out.append(forbidden(path, _too_expensive(name, check.total, TOTAL_LIMIT)))
    return check.out


def _too_expensive(name: str, cost: int, limit: int) -> str:
    factor = cost / limit
    shown = "more than 100x" if factor > 100 else f"{factor:f}x" if factor < 1.5 else f"{factor:.1f}x"
    return f"{name} exceeds budget by factor of {shown} {_ADVICE}"


class _Check:
    """Walks a schema; adds up findings and costs."""

    def __init__(self, base: Environment) -> None:
        self.base = base
        self.out: Findings = []
        self.total = 0
        self.expensive: list[tuple[int, str]] = []

    def node(self, raw: Raw, path: str, *, cardinality: int | None, lost: str, is_resource: bool) -> None:
        """Check a node after those below it. `lost` is the first node whose parts cannot be told apart between two versions of
        an object; `cardinality` how often the node can occur, None without a limit."""
        below = _below(raw, cardinality)
        additional, items = raw.get("additionalProperties"), raw.get("items")
        if isinstance(additional, dict):
            self._child(additional, f"{path}.additionalProperties", below, lost)
        inner = lost or (path if raw.get("x-kubernetes-map-type") == "atomic" else "")
        for name, child in sorted((raw.get("properties") or {}).items()):
            self._child(child, f"{path}.properties[{name}]", below, inner)
        if isinstance(items, dict):
            inner = lost or ("" if raw.get("x-kubernetes-list-type") == "map" else path)
            self._child(items, f"{path}.items", below, inner)
        for index, part in parts_of(raw):
            self.node(part, f"{path}.allOf[{index}]", cardinality=cardinality, lost=lost, is_resource=is_resource)
        if raw.get(NAME):
            self._rules(raw, f"{path}.{NAME}", cardinality, lost, is_resource=is_resource)

    def _child(self, raw: Raw, path: str, cardinality: int | None, lost: str) -> None:
        is_resource = bool(raw.get("x-kubernetes-embedded-resource"))
        self.node(raw, path, cardinality=cardinality, lost=lost, is_resource=is_resource)

    def _rules(self, raw: Raw, path: str, cardinality: int | None, lost: str, *, is_resource: bool) -> None:
        found = measure(raw, "selfType", is_resource=is_resource)
        if found is None:
            why = "internal error: failed to construct type information for x-kubernetes-validations rules: "
            self.out.append(
                FieldError(path, "InternalError", None, why + "unable to convert structural schema to CEL declarations")
            )
            return
        kind, smallest = found
        times = MAX_REQUEST // (smallest + 1) if cardinality is None else cardinality
        for index, rule in enumerate(raw[NAME]):
            self._rule(rule, f"{path}[{index}]", kind, times, lost)

    def _rule(self, rule: Raw, at: str, kind: Type, times: int, lost: str) -> None:
        program: Program | None = None
        problem = ""
        try:
            program = compile_rule(rule, kind, self.base)
            self._spend(f"{at}.rule", "estimated rule cost", min(program.worst_cost * times, UNBOUNDED))
        except CompileError as error:
            problem = f"compilation failed: {error}"
        except WrongResult:
            problem = "cel expression must evaluate to a bool"
        if problem:
            self.out.append(invalid(f"{at}.rule", _shown(rule), problem))
        self._message(rule, at, kind)
        if program is None:
            return
        if "oldSelf" not in program.used:
            if rule.get("optionalOldSelf") is not None:
                text = "may not be set if oldSelf is not used in rule"
                self.out.append(invalid(f"{at}.optionalOldSelf", rule["optionalOldSelf"], text))
        elif lost:
            text = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {lost}"
            self.out.append(invalid(f"{at}.rule", rule["rule"], text))

    def _message(self, rule: Raw, at: str, kind: Type) -> None:
        if not rule.get("messageExpression"):
            return
        try:
            program = compile_message(rule, kind, self.base)
        except CompileError as error:
            text = f"messageExpression compilation failed: {error}"
            self.out.append(invalid(f"{at}.messageExpression", _shown(rule), text))
        except WrongResult:
            text = "messageExpression must evaluate to a string"
            self.out.append(invalid(f"{at}.messageExpression", _shown(rule), text))
        else:
            self._spend(f"{at}.messageExpression", "estimated messageExpression cost", program.worst_cost)

    def _spend(self, at: str, name: str, cost: int) -> None:
        if cost > RULE_LIMIT:
            self.out.append(forbidden(at, _too_expensive(name, cost, RULE_LIMIT)))
        self.total = min(self.total + cost, UNBOUNDED)
        if cost >= TOTAL_LIMIT // 100:
            self.expensive.append((cost, at))


def _below(raw: Raw, cardinality: int | None) -> int | None:
    """Return how often the children of a node can occur."""
    kind = raw.get("type")
    if cardinality is None:
        return None
    if kind == "object" and raw.get("additionalProperties") is not None:
        limit = raw.get("maxProperties")
    elif kind == "array":
        limit = raw.get("maxItems")
    else:
        return cardinality
    return None if limit is None else min(cardinality * max(int(limit), 0), UNBOUNDED)


def _shown(rule: Raw) -> Verbatim:
    """Return a rule as messages print it: all fields by their names in the server, as JSON for web pages."""
    fields = {
        "Rule": rule.get("rule", ""), "Message": rule.get("message", ""), "MessageExpression": rule.get("messageExpression", ""),
        "Reason": rule.get("reason"), "FieldPath": rule.get("fieldPath", ""), "OptionalOldSelf": rule.get("optionalOldSelf"),
    }  # fmt: skip
    return Verbatim(orjson.dumps(fields).decode().translate(_HTML))


def _scope(rule: Raw, kind: Type, base: Environment) -> Environment:
    return base.extended({"self": kind, "oldSelf": optional_of(kind) if rule.get("optionalOldSelf") else kind})


def compile_rule(rule: Raw, kind: Type, base: Environment) -> Program:
    """Return the program of a rule over values of a type; raises `CompileError`, `WrongResult`."""
    return _scope(rule, kind, base).compile(rule.get("rule") or "", BOOL)


def compile_message(rule: Raw, kind: Type, base: Environment) -> Program:
    """Return the program of the message of a rule; raises `CompileError`, `WrongResult`."""
    return _scope(rule, kind, base).compile(rule["messageExpression"], STRING)

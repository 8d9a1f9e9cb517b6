"""Rules of a schema (`x-kubernetes-validations`) applied to objects on every write.

A `RuleTree` mirrors the schema where it has rules; it is built on the first write of a version and kept with its schema.
Rules over `oldSelf` run only when there is an old value to compare with. A rule that an unchanged part of an object breaks warns
instead of refusing the write (ratcheting).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.cel import CALL_LIMIT, NONE, CompileError, Environment, Optional, Program, WrongResult, adapter
from pilothouse.api.cel.schema import measure, with_meta
from pilothouse.api.cel.values import EvalError
from pilothouse.api.findings import FieldError, Verbatim
from pilothouse.api.schema.fieldpaths import BadPath, follow
from pilothouse.api.schema.rules.checks import compile_message, compile_rule
from pilothouse.api.schema.rules.nested import NAME, has_rules, parts_of

Raw = dict[str, Any]
OBJECT_LIMIT = 10_000_000
"""Cost of all rules of one object."""
MAX_MESSAGE = 5 * 1024
NO_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"
UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
)
_BLOCKING = frozenset(
    ("FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid")
)
_UNKNOWN: Any = object()


class _Rule:
    """One rule, compiled."""

    __slots__ = ("message", "path", "problem", "program", "raw")

    def __init__(self, rule: Raw, schema: Raw, kind: Any, base: Environment) -> None:
        self.raw, self.problem, self.path = rule, "", ""
        self.program: Program | None = None
        self.message: Program | None = None
        try:
            self.program = compile_rule(rule, kind, base)
            if rule.get("messageExpression"):
                self.message = compile_message(rule, kind, base)
            if rule.get("fieldPath"):
                self.path = follow(rule["fieldPath"], schema)[0]
        except (CompileError, WrongResult, BadPath) as error:
            self.problem = f"rule compile error: {error}"

    @property
    def uses_old(self) -> bool:
        return self.program is not None and "oldSelf" in self.program.used

    @property
    def is_optional(self) -> bool:
        return bool(self.raw.get("optionalOldSelf"))

    def text(self) -> str:
        """Return the rule as errors name it."""
        found: str = (self.raw.get("message") or self.raw.get("rule") or "").strip()
        return found


class RuleTree:
    """The rules of one schema node and of those below it."""

    __slots__ = ("_adapt", "additional", "also", "items", "kind", "list_keys", "properties", "rules")

    def __init__(self, raw: Raw, base: Environment, *, is_resource: bool) -> None:
        """Compile the rules of a schema."""
        if is_resource:
            raw = with_meta(raw)
        self.kind: str = raw.get("type", "")
        found = measure(raw, "selfType", is_resource=False) if raw.get(NAME) else None
        self.rules = [_Rule(rule, raw, found[0], base) for rule in raw[NAME]] if found is not None else []
        self._adapt = adapter(raw) if self.rules else None
        self.properties = {name: tree for name, child in sorted((raw.get("properties") or {}).items())
                           if (tree := _tree(child, base)) is not None}  # fmt: skip
        self.items = _tree(raw.get("items"), base)
        self.additional = _tree(raw.get("additionalProperties"), base)
        self.also = [RuleTree(part, base, is_resource=False) for _, part in parts_of(raw)]
        is_map = raw.get("x-kubernetes-list-type") == "map"
        self.list_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys") or ()) if is_map else ()

    def value(self, found: Any) -> Any:
        """Return a JSON value as expressions see it."""
        return found if self._adapt is None else self._adapt(found)


def _tree(raw: Any, base: Environment) -> RuleTree | None:
    if not isinstance(raw, dict) or not has_rules(raw):
        return None
    return RuleTree(raw, base, is_resource=bool(raw.get("x-kubernetes-embedded-resource")))


class Rules:
    """All rules of one version of a custom resource; compiled when first needed."""

    __slots__ = ("_base", "_raw", "_tree")

    def __init__(self, raw: Raw, base: Callable[[], Environment]) -> None:
        """Keep a schema that has rules."""
        self._raw, self._base = raw, base
        self._tree: RuleTree | None = None

    def check(self, obj: Raw, old: Raw | None, findings: list[FieldError]) -> tuple[list[FieldError], list[str]]:
        """Return (what breaks rules, warnings) after `findings` of the schema; some of those make rules impossible to check."""
        if any(finding.reason in _BLOCKING for finding in findings):
            return [FieldError("<nil>", "FieldValueInvalid", None, UNCHECKED)], []
        if self._tree is None:
            self._tree = RuleTree(self._raw, self._base(), is_resource=True)
        walk = _Walk()
        walk.node(self._tree, "", obj, _UNKNOWN if old is None else old, None)
        return walk.errors, walk.warnings


class _Stop(Exception):
    """No further rule is to run."""


class _Walk:
    """One object on its way through the rules."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.warnings: list[str] = []
        self.budget = OBJECT_LIMIT

    def node(self, tree: RuleTree, path: str, value: Any, old: Any, near: tuple[Any, Any] | None) -> None:
        """Apply a tree. `old` is the old value, `_UNKNOWN` without one; `near` the closest pair that belongs together."""
        try:
            self._visit(tree, path, value, old, near)
        except _Stop:
            return

    def _visit(self, tree: RuleTree, path: str, value: Any, old: Any, near: tuple[Any, Any] | None) -> None:
        if value is None:
            return
        if old is not _UNKNOWN:
            near = (value, old)
        if tree.rules:
            self._apply(tree, path, value, old, near)
        if isinstance(value, list):
            self._items(tree, path, value, old, near)
        elif isinstance(value, dict):
            self._fields(tree, path, value, old, near)
        for other in tree.also:
            self._visit(other, path, value, old, near)

    def _fields(self, tree: RuleTree, path: str, value: Raw, old: Any, near: tuple[Any, Any] | None) -> None:
        before = old if isinstance(old, dict) else {}
        if tree.additional is not None:
            for key, item in sorted(value.items()):
                self._visit(tree.additional, f"{path}[{key}]", item, before.get(key, _UNKNOWN), near)
        for key, child in tree.properties.items():
            if key in value:
                self._visit(child, f"{path}.{key}" if path else key, value[key], before.get(key, _UNKNOWN), near)

    def _items(self, tree: RuleTree, path: str, value: list[Any], old: Any, near: tuple[Any, Any] | None) -> None:
        if tree.items is None:
            return
        known: dict[tuple[Any, ...], Any] = {}
        if tree.list_keys and isinstance(old, list):
            known = {_key(tree, item): item for item in old}
        for index, item in enumerate(value):
            before = known.get(_key(tree, item), _UNKNOWN) if known else _UNKNOWN
            self._visit(tree.items, f"{path}[{index}]", item, before, near)

    def _apply(self, tree: RuleTree, path: str, value: Any, old: Any, near: tuple[Any, Any] | None) -> None:
        try:
            now = tree.value(value)
            before = _UNKNOWN if old is _UNKNOWN or old is None else tree.value(old)
        except EvalError as error:
            self._add(path, tree.kind, str(error))
            return
        for rule in tree.rules:
            if rule.uses_old and before is _UNKNOWN and not rule.is_optional:
                continue
            names = {"self": now}
            if rule.is_optional:
                names["oldSelf"] = NONE if before is _UNKNOWN else Optional(before)
            elif before is not _UNKNOWN:
                names["oldSelf"] = before
            self._run(tree, rule, path, value, names, near)

    def _run(self, tree: RuleTree, rule: _Rule, path: str, value: Any, names: Raw, near: tuple[Any, Any] | None) -> None:
        if self.budget <= 0:
            self._add(path, tree.kind, NO_BUDGET)
            raise _Stop
        if rule.program is None:
            self._add(path, tree.kind, rule.problem)
            return
        outcome = rule.program.evaluate(names, CALL_LIMIT)
        if outcome.cost > self.budget:
            self._add(path, tree.kind, NO_BUDGET)
            raise _Stop
        self.budget -= outcome.cost
        if outcome.error:
            self._failed(tree, rule, path, outcome.error, stop=outcome.is_over_budget)
        elif outcome.value is not True:
            self._broken(rule, path, value, names, near)

    def _failed(self, tree: RuleTree, rule: _Rule, path: str, error: str, *, stop: bool) -> None:
        if stop:
            text = f"'{error}': no further validation rules will be run due to call cost exceeds limit for rule: {rule.text()}"
            self._add(path, tree.kind, text)
            raise _Stop
        if error.startswith("no such overload"):
            why = "call arguments did not match a supported operator, function or macro signature for rule"
            text = f"'{error}': {why}: {rule.text()}"
        else:
            text = f"{error} evaluating rule: {rule.text()}"
        self._add(path, tree.kind, text)

    def _broken(self, rule: _Rule, path: str, value: Any, names: Raw, near: tuple[Any, Any] | None) -> None:
        detail = self._message(rule, names) or _message(rule)
        where = f"{path}.{rule.path}" if path and rule.path and rule.path[0] != "[" else f"{path}{rule.path}"
        shown = Verbatim("") if isinstance(value, (dict, list)) else value
        error = _error(where or "<nil>", rule.raw.get("reason") or "FieldValueInvalid", shown, detail)
        if not rule.uses_old and near is not None and near[0] == near[1]:
            self.warnings.append(f"{error.path}: {error.text()}")
        else:
            self.errors.append(error)

    def _message(self, rule: _Rule, names: Raw) -> str:
        """Return what the messageExpression says, empty when it does not say one short line."""
        if rule.message is None:
            return ""
        outcome = rule.message.evaluate(names, min(CALL_LIMIT, max(self.budget, 0)))
        self.budget -= outcome.cost
        if outcome.error or not isinstance(outcome.value, str):
            return ""
        text = outcome.value.strip()
        return text if len(text.encode()) <= MAX_MESSAGE and "\n" not in text else ""

    def _add(self, path: str, kind: str, text: str) -> None:
        self.errors.append(FieldError(path or "<nil>", "FieldValueInvalid", kind, text))


def _key(tree: RuleTree, item: Any) -> tuple[Any, ...]:
    return tuple(str(item.get(key)) for key in tree.list_keys) if isinstance(item, dict) else ()


def _message(rule: _Rule) -> str:
    stated: str = (rule.raw.get("message") or "").strip()
    return stated or f"failed rule: {rule.text()}"


def _error(path: str, reason: str, value: Any, detail: str) -> FieldError:
    return FieldError(path, reason, value, "" if reason == "FieldValueDuplicate" else detail)

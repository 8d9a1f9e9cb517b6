"""Label and field selectors, parsed once and matched often.

Source: the grammar of labels in the Kubernetes concepts (equality and set based requirements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pilothouse.api.meta.names import label_value, qualified
from pilothouse.kit.errors import BadRequest

Operator = Literal["=", "!=", "in", "notin", "exists", "!", ">", "<"]
MAX_REQUIREMENTS = 500
_KEY = re.compile(r"^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
_VALUE = re.compile(r"^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
_TOKEN = re.compile(r"\s*(notin\b|in\b|==|!=|=|!|<|>|\(|\)|,|[^\s,()=!<>]+)")
_SYMBOLS = {"==", "!=", "=", "!", "<", ">", "(", ")", ","}


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """One condition on one label."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy it."""
        value = labels.get(self.key)
        match self.operator:
            case "=" | "in":
                return value is not None and value in self.values
            case "!=" | "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case _:
                return self._compare(value)

    def _compare(self, value: str | None) -> bool:
        try:
            left, right = int(value or ""), int(self.values[0])
        except ValueError:
            return False
        return left > right if self.operator == ">" else left < right


class LabelSelector(msgspec.Struct, frozen=True):
    """A conjunction of requirements; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()
    is_nothing: bool = False

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether an object with these labels is selected."""
        if self.is_nothing:
            return False
        found = labels or {}
        return all(requirement.matches(found) for requirement in self.requirements)

    def __str__(self) -> str:
        """Return the selector as text."""
        return ",".join(map(_requirement_text, self.requirements))


EVERYTHING = LabelSelector()
NOTHING = LabelSelector(is_nothing=True)


def _requirement_text(requirement: Requirement) -> str:
    key, operator, values = requirement.key, requirement.operator, requirement.values
    if operator in {"exists", "!"}:
        return key if operator == "exists" else f"!{key}"
    if operator in {"in", "notin"}:
        return f"{key} {operator} ({','.join(values)})"
    return f"{key}{operator}{values[0]}"


def parse_label_selector(text: str) -> LabelSelector:
    """Read a selector such as `app=web,tier in (a,b),!canary`; raises `BadRequest` with the place."""
    if not text.strip():
        return EVERYTHING
    return LabelSelector(tuple(_Parser(text).requirements()))


class _Parser:
    """Recursive descent over the tokens of a label selector."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(f"unexpected character {text[position]!r}")
            self.tokens.append(match[1])
            position = match.end()
        self.position = 0

    def error(self, what: str) -> BadRequest:
        return BadRequest(f"unable to parse requirement: {what} in label selector {self.text[:200]!r}")

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def requirements(self) -> list[Requirement]:
        found = [self.requirement()]
        while self.peek():
            if self.take() != ",":
                raise self.error(f"found '{self.tokens[self.position - 1]}', expected: ',' or 'end of string'")
            found.append(self.requirement())
            if len(found) > MAX_REQUIREMENTS:
                raise self.error(f"more than {MAX_REQUIREMENTS} requirements")
        return found

    def requirement(self) -> Requirement:
        if self.peek() == "!":
            self.take()
            return Requirement(self.key(), "!")
        key = self.key()
        token = self.peek()
        if token in {"", ","}:
            return Requirement(key, "exists")
        self.take()
        if token in {"=", "=="}:
            return Requirement(key, "=", (self.value(key),))
        if token == "!=":
            return Requirement(key, "!=", (self.value(key),))
        if token in {">", "<"}:
            value = self.value(key)
            if not re.fullmatch(r"-?\d+", value):
                raise BadRequest(
                    f"unable to parse requirement: values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, "
                    "the value must be an integer"
                )
            return Requirement(key, ">" if token == ">" else "<", (value,))
        if token in {"in", "notin"}:
            return Requirement(key, "in" if token == "in" else "notin", self.values(key))
        raise self.error(f"found '{token}', expected: in, notin, =, ==, !=, gt, lt")

    def key(self) -> str:
        token = self.take()
        if not token or token in _SYMBOLS:
            raise self.error(f"found '{token}', expected: !, identifier, or 'end of string'")
        if not _KEY.match(token):
            raise self.misnamed("<nil>", token, qualified(token))
        return token

    def misnamed(self, path: str, value: str, problems: list[str]) -> BadRequest:
        found = [f'{path}: Invalid value: "{value}": {problem}' for problem in problems]
        shown = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        return BadRequest(f"unable to parse requirement: {shown}")

    def value(self, key: str, index: int = 0) -> str:
        if self.peek() in {"", ","}:
            return ""
        token = self.take()
        if token in _SYMBOLS:
            raise self.error(f"{token!r} is not a valid label value")
        if not _VALUE.match(token):
            raise self.misnamed(f"values[{index}][{key}]", token, label_value(token))
        return token

    def values(self, key: str) -> tuple[str, ...]:
        if (opening := self.take()) != "(":
            raise self.error(f"found '{opening}' expected: '('")
        found: list[str] = []
        while True:
            found.append("" if self.peek() in {",", ")"} else self.value(key, len(found)))
            token = self.take()
            if token == ")":
                return tuple(sorted(set(found)))
            if token != ",":
                raise self.error(f"found '{token}', expected: ',' or ')'")


def label_selector_from_object(selector: dict[str, Any] | None) -> LabelSelector:
    """Read a LabelSelector object (`matchLabels`, `matchExpressions`); None selects nothing, an empty one everything."""
    if selector is None:
        return NOTHING
    found = [Requirement(key, "=", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    operators: dict[str, Operator] = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for expression in selector.get("matchExpressions") or ():
        operator = operators.get(expression.get("operator", ""))
        if operator is None:
            raise BadRequest(f"{expression.get('operator')!r} is not a valid label selector operator")
        found.append(Requirement(expression.get("key", ""), operator, tuple(expression.get("values") or ())))
    return LabelSelector(tuple(found))


class FieldSelector(msgspec.Struct, frozen=True):
    """A conjunction of equalities on named fields."""

    terms: tuple[tuple[str, bool, str], ...] = ()
    """(field, whether it must be equal, value)."""

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether an object with these selectable fields is selected; an absent field reads as empty."""
        return all((fields.get(name, "") == value) is is_equal for name, is_equal, value in self.terms)

    def exact(self, name: str) -> str | None:
        """Return the value `name` must equal, or None."""
        for field, is_equal, value in self.terms:
            if field == name and is_equal:
                return value
        return None

    def __str__(self) -> str:
        """Return the selector as text."""
        return ",".join(f"{name}{'=' if is_equal else '!='}{value}" for name, is_equal, value in self.terms)


def parse_field_selector(text: str) -> FieldSelector:
    """Read `metadata.name=x,status.phase!=Running`; raises `BadRequest`."""
    terms: list[tuple[str, bool, str]] = []
    for part in _split_terms(text):
        for symbol, is_equal in (("!=", False), ("==", True), ("=", True)):
            name, found, value = part.partition(symbol)
            if found:
                terms.append((name, is_equal, _unescape(value)))
                break
        else:
            raise BadRequest(f"invalid selector: '{text}'; can't understand '{part}'")
    if len(terms) > MAX_REQUIREMENTS:
        raise BadRequest(f"a field selector may have at most {MAX_REQUIREMENTS} terms")
    return FieldSelector(tuple(terms))


def _split_terms(text: str) -> list[str]:
    return [part for part in re.split(r"(?<!\\),", text) if part]


def _unescape(value: str) -> str:
    return re.sub(r"\\([\\,=])", r"\1", value)

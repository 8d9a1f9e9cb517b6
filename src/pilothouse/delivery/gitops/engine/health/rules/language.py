"""The language of the rule table: health of custom resources as rows of tests, statuses and messages.

A rule is tried on an object and gives a verdict or nothing; the entry of a kind is a sequence of rules, and the first verdict
counts. Rows are texts so that a table reads like the operator's documentation:

    rules(
        when("spec.suspend", SUSPENDED, "{kind} is suspended"),
        conditions(("Ready=True", HEALTHY, "{message}"), ("Ready=False reason!=Pending", DEGRADED, "{message}")),
        otherwise(PROGRESSING, "Waiting for the operator"),
    )

Tests on objects: `path` (there and not false), `!path`, `path=a|b`, `path!=a|b` (a value as text), `path==other`, `path!==other`,
`path<other` (two values of the object), joined by ` & `. A path is dotted; a name with dots stands in brackets. Messages name
values in braces: `{message}` of the condition, `{status.phase}` of the object, `{message:default}` where it may be absent
(`{message:-default}`: or empty), `{message|reason}` for the first one there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.verdict import PROGRESSING, RULES, Health

Rule = Callable[[Tree], Health | None]
Test = Callable[[Any], bool]
Text = Callable[[Tree, Mapping[str, Any]], str]
_NOTHING: dict[str, Any] = {}
_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_PLACE = re.compile(r"\{([^{}]*)\}")


def shown(value: Any) -> str:
    """Return a value as it stands in a message."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, float):
        return f"{value:.14g}"
    return str(value)


def stated(item: Mapping[str, Any], name: str, default: str) -> str:
    """Return a field of a condition as text, or the default where it is absent."""
    return default if item.get(name) is None else shown(item[name])


def path(text: str) -> Callable[[Any], Any]:
    """Return what reads the value at a path, None where there is none."""
    steps = tuple(inner or plain for inner, plain in _STEP.findall(text))

    def read(tree: Any) -> Any:
        for step in steps:
            if not isinstance(tree, dict):
                return None
            tree = tree.get(step)
        return tree

    return read


def items(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list that are objects, or the objects in a map."""
    entries = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return (entry for entry in entries if isinstance(entry, dict))


def text(template: str) -> Text:
    """Compile a message."""
    if template == "{message}":
        return lambda tree, item: shown(item.get("message"))
    if "{" not in template:
        return lambda tree, item: template
    parts = _PLACE.split(template)
    places = [_place(part) if index % 2 else part for index, part in enumerate(parts)]

    def fill(tree: Tree, item: Mapping[str, Any]) -> str:
        return "".join([part if isinstance(part, str) else part(tree, item) for part in places])

    return fill


def _place(name: str) -> Text:
    names, _, default = name.partition(":")
    counts_empty = not default.startswith("-")
    default = default.removeprefix("-")
    choices = [(path(each), "." in each or each == "kind") for each in names.split("|")]

    def read(tree: Tree, item: Mapping[str, Any]) -> str:
        for getter, of_tree in choices:
            found = getter(tree if of_tree else item)
            if found is not None and (counts_empty or found != ""):
                return shown(found)
        return default

    return read


def test(expression: str) -> Test:
    """Compile a test on an object."""
    each = [_single(part.strip()) for part in expression.split(" & ")]
    if len(each) == 1:
        return each[0]
    return lambda tree: all(one(tree) for one in each)


_OPERATOR = re.compile(r"(!==|==|!=|=|<)")


def _single(expression: str) -> Test:
    operator = _OPERATOR.search(expression)
    if operator is None:
        negated = expression.startswith("!")
        read = path(expression.removeprefix("!"))
        return lambda tree: (read(tree) in (None, False)) is negated if not _is_number(read(tree)) else not negated
    left, right = path(expression[: operator.start()]), expression[operator.end() :]
    return _literal(left, right, operator[0]) if operator[0] in {"=", "!="} else _paths(left, path(right), operator[0])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _literal(left: Callable[[Any], Any], right: str, operator: str) -> Test:
    values, wanted = frozenset(right.split("|")), operator == "="
    return lambda tree: (shown(left(tree)) in values) is wanted


def _paths(left: Callable[[Any], Any], right: Callable[[Any], Any], operator: str) -> Test:
    if operator == "<":
        return lambda tree: (left(tree) or 0) < (right(tree) or 0)
    wanted = operator == "=="
    return lambda tree: (left(tree) == right(tree)) is wanted


def rules(*each: Rule) -> Rule:
    """Return the rules as one: the first verdict counts."""

    def judge(tree: Tree) -> Health | None:
        for rule in each:
            verdict = rule(tree)
            if verdict is not None:
                return verdict
        return None

    return judge


def when(expression: str, status: str, message: str = "") -> Rule:
    """Give the verdict if the test holds."""
    holds, say = test(expression), text(message)
    return lambda tree: Health(status, say(tree, _NOTHING), RULES) if holds(tree) else None


def only(expression: str, *each: Rule) -> Rule:
    """Try the rules if the test holds."""
    holds, rule = test(expression), rules(*each)
    return lambda tree: rule(tree) if holds(tree) else None


def otherwise(status: str, message: str = "") -> Rule:
    """Give the verdict whatever the object says."""
    if "{" not in message:
        verdict = Health(status, message, RULES)
        return lambda tree: verdict
    say = text(message)
    return lambda tree: Health(status, say(tree, _NOTHING), RULES)


def phases(
    where: str, known: Mapping[str, str | tuple[str, str]], message: str = "", *, other: tuple[str, str] | None = None
) -> Rule:  # fmt: skip
    """Look a value up: value -> status (said with `message`) or (status, message); `other` for values that are not listed."""
    read = path(where)
    table = {
        value: (entry, text(message)) if isinstance(entry, str) else (entry[0], text(entry[1]))
        for names, entry in known.items()
        for value in names.split("|")
    }
    rest = (other[0], text(other[1])) if other else None

    def judge(tree: Tree) -> Health | None:
        value = read(tree)
        entry = table.get(shown(value)) or (rest if value is not None else None)
        return None if entry is None else Health(entry[0], entry[1](tree, _NOTHING), RULES)

    return judge


Case = tuple[str, str, str]


def conditions(*cases: Case, at: str = "status.conditions") -> Rule:
    """Try the cases on each condition in the order of the list: (`Type=Status`, status, message).

    `Type` and `Status` may be lists with `|` or `*`; `!=` negates the status; ` reason=A|B`, ` message!=C` and so on narrow it.
    """
    read = path(at)
    compiled = [(condition(match), status, text(message)) for match, status, message in cases]

    def judge(tree: Tree) -> Health | None:
        for item in items(read(tree)):
            for holds, status, say in compiled:
                if holds(item):
                    return Health(status, say(tree, item), RULES)
        return None

    return judge


def last(case: Case, at: str = "status.conditions") -> Rule:
    """Give the verdict with the last condition that matches."""
    read, holds, say = path(at), condition(case[0]), text(case[2])

    def judge(tree: Tree) -> Health | None:
        found = [item for item in items(read(tree)) if holds(item)]
        return Health(case[1], say(tree, found[-1]), RULES) if found else None

    return judge


def condition(match: str) -> Test:
    """Compile what a condition must look like."""
    first, *more = match.split(" ")
    kinds, operator, status = first.partition("!=" if "!=" in first else "=")
    tests = [_field("type", kinds, wanted=True), _field("status", status, wanted=operator == "=")]
    for part in more:
        name, operator, values = part.partition("!=" if "!=" in part else "=")
        tests.append(_field(name, values, wanted=operator == "="))
    needed = [each for each in tests if each is not None]
    if len(needed) == 2:
        one, two = needed
        return lambda item: one(item) and two(item)
    return lambda item: all(each(item) for each in needed)


def _field(name: str, values: str, *, wanted: bool) -> Test | None:
    if values == "*":
        return None
    if "|" not in values and wanted:
        return lambda item: bool(item.get(name) == values)
    known = frozenset(values.split("|"))
    return lambda item: (shown(item.get(name)) in known) is wanted


def observed(message: str, status: str, where: str = "status.observedGeneration", *, if_there: bool = True) -> Rule:
    """Give the verdict while the controller has not seen the newest generation."""
    read, wanted = path(where), path("metadata.generation")

    def judge(tree: Tree) -> Health | None:
        seen = read(tree)
        if (if_there and seen is None) or seen == wanted(tree):
            return None
        return Health(status, message, RULES)

    return judge


def newest(message: str, rule: Rule, status: str = PROGRESSING) -> Rule:
    """Give the verdict while a condition is that of an older generation, and else what `rule` says of the conditions."""
    read, wanted = path("status.conditions"), path("metadata.generation")

    def judge(tree: Tree) -> Health | None:
        generation = wanted(tree)
        for item in items(read(tree)):
            seen = item.get("observedGeneration")
            if seen is not None and generation is not None and seen != generation:
                return Health(status, message, RULES)
        return rule(tree)

    return judge

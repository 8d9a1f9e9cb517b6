"""What a row of the table of actions is made of.

A row names an action, tells by tests of the rule language when it is offered and when it is disabled, and what it does: a
sequence of edits. An edit returns a changed copy and leaves its object alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import test
from pilothouse.kit.errors import PilothouseError

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


class ActionFailed(PilothouseError):
    """An action cannot be done, or a parameter of it is wrong."""

    reason, http_code = "ActionFailed", 400


class Now(msgspec.Struct, frozen=True):
    """The time of an action."""

    stamp: str
    """RFC 3339 in UTC."""

    @property
    def suffix(self) -> str:
        """Return the digits that make names of created objects differ."""
        return "".join(digit for digit in self.stamp if digit.isdigit())


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of an action."""

    name: str
    default: str = ""


class Offer(msgspec.Struct, frozen=True):
    """An action an object offers."""

    name: str
    is_disabled: bool | None = None
    """None where it is never disabled."""
    display_name: str = ""
    icon_class: str = ""
    params: tuple[Parameter, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What an action does: `patch` the object it was called on to `tree`, or `create` another one."""

    operation: str
    tree: Tree


Edit = Callable[[Tree, dict[str, str], Now], Tree]
Effect = Callable[[Tree, dict[str, str], Now], list[Outcome]]


class Row(msgspec.Struct, frozen=True):
    """One action of a kind."""

    name: str
    effect: Effect
    disabled: Callable[[Tree], bool] | None = None
    offered: Callable[[Tree], bool] | None = None
    display: str = ""
    icon: str = ""
    params: Callable[[Tree], tuple[Parameter, ...]] | None = None

    def is_offered(self, tree: Tree) -> bool:
        """Whether the object offers it at all."""
        return self.offered is None or self.offered(tree)

    def offer(self, tree: Tree) -> Offer:
        """Return how it is offered."""
        is_disabled = None if self.disabled is None else self.disabled(tree)
        return Offer(self.name, is_disabled, self.display, self.icon, self.params(tree) if self.params else ())

    def run(self, tree: Tree, params: dict[str, str], now: Now) -> list[Outcome]:
        """Return what it does."""
        try:
            return self.effect(tree, params, now)
        except (TypeError, AttributeError, KeyError, IndexError, ValueError) as error:
            raise ActionFailed(f"{self.name} needs a field that the object does not have: {error}") from error


def row(
    name: str, *edits: Edit, disabled: str | Callable[[Tree], bool] = "", offered: str | Callable[[Tree], bool] = "",
    display: str = "", icon: str = "", params: Callable[[Tree], tuple[Parameter, ...]] | None = None,
) -> Row:  # fmt: skip
    """Return an action that patches its object by edits."""

    def effect(tree: Tree, values: dict[str, str], now: Now) -> list[Outcome]:
        for edit in edits:
            tree = edit(tree, values, now)
        return [Outcome("patch", tree)]

    return Row(name, effect, _test(disabled), _test(offered), display, icon, params)


def _test(expression: str | Callable[[Tree], bool]) -> Callable[[Tree], bool] | None:
    return (test(expression) if expression else None) if isinstance(expression, str) else expression


def put(where: str, value: Any) -> Edit:
    """Set a field; `{now}` in a text is the time."""
    steps = _steps(where)

    def edit(tree: Tree, params: dict[str, str], now: Now) -> Tree:
        found: Tree = _set(tree, steps, value.replace("{now}", now.stamp) if isinstance(value, str) else value)
        return found

    return edit


def drop(where: str) -> Edit:
    """Remove a field."""
    steps = _steps(where)

    def edit(tree: Tree, params: dict[str, str], now: Now) -> Tree:
        found: Tree = _removed(tree, steps)
        return found

    return edit


def only_if(expression: str, *edits: Edit) -> Edit:
    """Do the edits if the test holds."""
    holds = test(expression)

    def edit(tree: Tree, params: dict[str, str], now: Now) -> Tree:
        for each in edits if holds(tree) else ():
            tree = each(tree, params, now)
        return tree

    return edit


def number(where: str, parameter: str, *, least: int | None = None, as_text: bool = False) -> Edit:
    """Set a field to the number in a parameter; raises `ActionFailed` when it is none, or less than `least`."""
    steps, suffix = _steps(where), "" if least is None else f" (must be >= {least})"

    def edit(tree: Tree, params: dict[str, str], now: Now) -> Tree:
        text = params.get(parameter)
        if text is None:
            raise ActionFailed(f"{parameter} parameter is required")
        try:
            value = float(text)
        except ValueError as error:
            raise ActionFailed(f"invalid number: {text}{suffix}") from error
        if not (abs(value) < 2**53) or (least is not None and value < least):
            raise ActionFailed(f"invalid number: {text}{suffix}")
        shown = int(value) if value.is_integer() else value
        found: Tree = _set(tree, steps, str(shown) if as_text else shown)
        return found

    return edit


def fixed(*params: Parameter) -> Callable[[Tree], tuple[Parameter, ...]]:
    """Return these parameters for every object."""
    return lambda tree: params


def _steps(where: str) -> tuple[str, ...]:
    return tuple(inner or plain for inner, plain in _STEP.findall(where))


def _set(tree: Any, steps: tuple[str, ...], value: Any) -> Any:
    if not steps:
        return value
    if tree is not None and not isinstance(tree, dict):
        raise ActionFailed(f"{steps[0]} cannot be set: its parent is no map")
    known = tree or {}
    return {**known, steps[0]: _set(known.get(steps[0]), steps[1:], value)}


def _removed(tree: Any, steps: tuple[str, ...]) -> Any:
    if not isinstance(tree, dict) or steps[0] not in tree:
        return tree
    rest = {key: each for key, each in tree.items() if key != steps[0]}
    if len(steps) == 1:
        return rest
    return {**tree, steps[0]: _removed(tree[steps[0]], steps[1:])}

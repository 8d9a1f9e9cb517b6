"""What a test waits for, and what it is told when that does not come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.app.cli.wait import is_met
from pilothouse.kit.errors import BadRequest, TimedOut

Condition = str | Callable[[Tree], object]
EXISTS, DELETE = "exists", "delete"


class NotReached(TimedOut, AssertionError):
    """What was waited for did not happen in time; the message says how far it got."""

    reason = "NotReached"


def is_reached(tree: Tree | None, condition: Condition) -> bool:
    """Whether an object, None when there is none, is as wanted.

    A condition is a function of the object, or a text: a condition type (`Ready`, `Ready=False`), `exists`, `delete`, or what
    `kubectl wait --for` takes: `condition=Ready`, `jsonpath={.status.phase}=Running`. Raises `BadRequest` for another text.
    """
    if condition == DELETE:
        return tree is None
    if tree is None:
        return False
    if callable(condition):
        return bool(condition(tree))
    return condition == EXISTS or is_met(tree, _goal(condition))


def check_condition(condition: Condition) -> None:
    """Raise `BadRequest` for a condition that could never be read."""
    if not callable(condition) and condition not in (EXISTS, DELETE):
        is_met({}, _goal(condition))


def _goal(text: str) -> str:
    if text.startswith(("condition=", "jsonpath=")):
        return text
    if not text or not text.partition("=")[0].replace("-", "").replace("/", "").replace(".", "").isalnum() or text[0] == ".":
        fix = "a condition type such as Ready or Ready=False, exists, delete, jsonpath=.status.phase=Running, or a function"
        raise BadRequest(f"cannot wait for {text!r}", fix=fix)
    return f"condition={text}"


def not_reached(
    kind: str, namespace: str, name: str, condition: Condition, timeout_s: float, last: Tree | None,
    events: Sequence[Tree], hint: str,
) -> NotReached:  # fmt: skip
    """Return the error that tells all that is known about what did not come."""
    where = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    wanted = getattr(condition, "__name__", "the condition") if callable(condition) else repr(condition)
    lines = [f"{where}: {wanted} was not reached within {timeout_s:g} s"]
    lines += _state(last) if last is not None else ["  there is no such object"]
    lines += [f"  event: {event_line(event)}" for event in events[-5:]]
    return NotReached("\n".join(lines), fix=hint)


def _state(tree: Tree) -> list[str]:
    status = tree.get("status") or {}
    lines = []
    if metadata(tree).get("deletionTimestamp"):
        left = ", ".join(metadata(tree).get("finalizers") or ()) or "none"
        lines.append(f"  being deleted since {metadata(tree)['deletionTimestamp']}, finalizers: {left}")
    for found in status.get("conditions") or ():
        why = ": ".join(part for part in (found.get("reason"), found.get("message")) if part)
        lines.append(f"  {found.get('type')}={found.get('status')}" + (f" ({why})" if why else ""))
    plain = {key: value for key, value in status.items() if isinstance(value, str | int | float | bool)}
    if plain:
        lines.append("  status: " + ", ".join(f"{key}={value}" for key, value in sorted(plain.items())))
    return lines or ["  it has no status"]


def event_line(event: Tree) -> str:
    """Return one line of an Event."""
    about = event.get("involvedObject") or {}
    text = f"{event.get('type')} {event.get('reason')} {about.get('kind')}/{about.get('name')}: {event.get('message')}"
    count = int(event.get("count") or 1)
    return f"{text} (x{count})" if count > 1 else text


def title(tree: Tree) -> str:
    """Return how an object is called in messages."""
    namespace = namespace_of(tree)
    return f"{tree.get('kind')} {namespace}/{name_of(tree)}" if namespace else f"{tree.get('kind')} {name_of(tree)}"

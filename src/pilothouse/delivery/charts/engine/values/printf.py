"""Go's formats for template values: printf with all verbs, and what print and println put between values.

Called for the functions of the same names. A format is read once into a plan; what a plan cannot hold (widths taken from
arguments, explicit indexes, a wrong number of values) is carried out directive by directive.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from pilothouse.delivery.charts.engine.values.kinds import kind_of, type_name
from pilothouse.delivery.charts.engine.values.printing import PLAIN, Flags, format_value, to_text
from pilothouse.delivery.charts.engine.values.quote import go_quote

_DIRECTIVE = re.compile(r"%([#0+\- ]*)(\[[^\]]*\])?(\*|\d+)?(?:(\.)(\[[^\]]*\])?(\*|\d+)?)?(\[[^\]]*\])?(.)?", re.DOTALL)
_SIMPLE = re.compile(r"%([#0+\- ]*)(\d{1,4})?(?:(\.)(\d{1,4})?)?([a-zA-Z%])")
_LONGEST_PLAN = 1000
MAX_WIDTH = 1_000_000
Step = Callable[[Any], str]
Plan = tuple[int, Callable[..., str]]
"""How many values a format takes, and what writes them."""


def sprintf(template: str, *values: Any) -> str:
    """Format like Go's fmt.Sprintf."""
    plan = _plan(template) if len(template) <= _LONGEST_PLAN else None
    if plan is None or plan[0] != len(values):
        return _by_directive(template, values)
    return plan[1](*values)


@lru_cache(maxsize=4096)
def _plan(template: str) -> Plan | None:
    steps: list[Step] = []
    texts, at = [""], 0
    while (cut := template.find("%", at)) >= 0:
        texts[-1] += template[at:cut]
        found = _SIMPLE.match(template, cut)
        if found is None:
            return None
        at = found.end()
        if found[5] != "%":
            steps.append(_step(*found.groups()))
            texts.append("")
        elif found[0] == "%%":
            texts[-1] += "%"
        else:
            return None
    texts[-1] += template[at:]
    return len(steps), _writer(texts, steps)


def _writer(texts: list[str], steps: list[Step]) -> Callable[..., str]:
    """Return what writes the steps' values between the texts; there is one text more than steps."""
    head, *tails = texts
    if len(steps) == 1:
        step, tail = steps[0], tails[0]
        return lambda value: head + step(value) + tail

    def write(*values: Any) -> str:
        out = [head]
        for step, tail, value in zip(steps, tails, values, strict=True):
            out.append(step(value))
            out.append(tail)
        return "".join(out)

    return write


def _step(flag_text: str, width: str | None, dot: str | None, precision: str | None, verb: str) -> Step:
    if not flag_text and width is None and dot is None:
        return {"s": _text, "v": to_text, "d": _integer, "q": _quoted}.get(verb) or partial(_formatted, verb, PLAIN)
    if "-" in flag_text:
        flag_text = flag_text.replace("0", "")
    limit = int(precision or 0) if dot else None
    return partial(_formatted, verb, Flags(flag_text, int(width) if width else None, limit).for_verb(verb))


def _text(value: Any) -> str:
    return value if type(value) is str else format_value(value, "s", PLAIN, 0)


def _integer(value: Any) -> str:
    return str(value) if type(value) is int else format_value(value, "d", PLAIN, 0)


def _quoted(value: Any) -> str:
    return go_quote(value) if type(value) is str else format_value(value, "q", PLAIN, 0)


def _formatted(verb: str, flags: Flags, value: Any) -> str:
    return format_value(value, verb, flags, 0)


def _by_directive(template: str, values: tuple[Any, ...]) -> str:
    args = _Arguments(values)
    out: list[str] = []
    at = 0
    while True:
        cut = template.find("%", at)
        if cut < 0:
            out.append(template[at:])
            break
        out.append(template[at:cut])
        match = _DIRECTIVE.match(template, cut)
        assert match is not None
        if any(text and text.isdigit() and int(text) > MAX_WIDTH for text in (match.group(3), match.group(6))):
            out.append("%!(NOVERB)")
            break
        at = match.end()
        out.append(_directive(match, args))
    if not args.reordered and args.at < len(values):
        out.append(_extra(values[args.at :]))
    return "".join(out)


def _directive(match: re.Match[str], args: _Arguments) -> str:
    flag_text, index1, width_text, dot, index2, precision_text, index3, verb = match.groups()
    args.bad_index = False
    args.index(index1)
    width = args.integer(width_text)
    out = ""
    if width is not None and (width < -MAX_WIDTH or width > MAX_WIDTH):
        width, out = None, "%!(BADWIDTH)"
    elif width is not None and width < 0:
        width, flag_text = -width, flag_text.replace("0", "") + "-"
    args.index(index2)
    precision = args.integer(precision_text) if precision_text else (0 if dot else None)
    if precision is not None and (precision < 0 or precision > MAX_WIDTH):
        bad = precision < -MAX_WIDTH or precision > MAX_WIDTH
        precision, out = None, out + ("%!(BADPREC)" if bad else "")
    args.index(index3)
    if verb is None:
        return out + "%!(NOVERB)"
    if verb == "%":
        return out + "%"
    if args.bad_index:
        return out + f"%!{verb}(BADINDEX)"
    if args.at >= len(args.values):
        return out + f"%!{verb}(MISSING)"
    value = args.values[args.at]
    args.at += 1
    if "-" in flag_text:
        flag_text = flag_text.replace("0", "")
    return out + format_value(value, verb, Flags(flag_text, width, precision).for_verb(verb), 0)


class _Arguments:
    """The arguments of one printf call, consumed in order or by explicit index."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values
        self.at = 0
        self.reordered = False
        self.bad_index = False

    def index(self, text: str | None) -> None:
        if text is None:
            return
        self.reordered = True
        number = int(text[1:-1]) - 1 if text[1:-1].isdigit() else -1
        if 0 <= number < len(self.values):
            self.at = number
        else:
            self.bad_index = True

    def integer(self, text: str | None) -> int | None:
        if text is None:
            return None
        if text != "*":
            return int(text)
        if self.at < len(self.values):
            value = self.values[self.at]
            self.at += 1
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_WIDTH:
                return int(value)
        return -MAX_WIDTH - 1


def _extra(values: tuple[Any, ...]) -> str:
    shown = ["<nil>" if v is None else f"{type_name(v)}={to_text(v)}" for v in values]
    return f"%!(EXTRA {', '.join(shown)})"


def sprint(*values: Any) -> str:
    """Join like Go's fmt.Sprint: a space between two operands when neither is a string."""
    out: list[str] = []
    previous_string = True
    for number, value in enumerate(values):
        is_string = kind_of(value) == "string"
        if number and not is_string and not previous_string:
            out.append(" ")
        out.append("<nil>" if value is None else to_text(value))
        previous_string = is_string
    return "".join(out)


def sprintln(*values: Any) -> str:
    """Join like Go's fmt.Sprintln."""
    return " ".join("<nil>" if v is None else to_text(v) for v in values) + "\n"

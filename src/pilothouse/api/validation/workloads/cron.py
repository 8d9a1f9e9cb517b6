"""Schedules of CronJobs: five fields or a macro, checked with the messages of the reference parser."""

from __future__ import annotations

_MACROS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
           (0, 6, "sun mon tue wed thu fri sat"))  # fmt: skip


def schedule_problem(text: str) -> str:
    """Return what keeps a text from being a schedule; empty when nothing does."""
    if text.startswith(("TZ=", "CRON_TZ=")):
        text = text.partition(" ")[2]
    if text.startswith("@"):
        if text in _MACROS or text.startswith("@every "):
            return ""
        return f"unrecognized descriptor: {text}"
    fields = text.split()
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    for field, (low, high, words) in zip(fields, _FIELDS):
        names = words.split() if isinstance(words, str) else []
        for part in field.split(","):
            problem = _part_problem(part, low, high, names)
            if problem:
                return problem
    return ""


def _part_problem(text: str, low: int, high: int, names: list[str]) -> str:
    span, slash, step = text.partition("/")
    if slash and not _is_number(step):
        return f'failed to parse int from {step}: strconv.Atoi: parsing "{step}": invalid syntax'
    if slash and not int(step):
        return f"step of range should be a positive number: {text}"
    if span in ("*", "?"):
        return ""
    ends = span.split("-")
    if len(ends) > 2:
        return f"too many hyphens: {text}"
    values = []
    for end in ends:
        if end.lower() in names:
            values.append(names.index(end.lower()) + (1 if low == 1 else 0))
        elif _is_number(end):
            values.append(int(end))
        else:
            return f'failed to parse int from {end}: strconv.Atoi: parsing "{end}": invalid syntax'
    return _range_problem(text, values[0], values[-1], low, high)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _range_problem(text: str, first: int, last: int, low: int, high: int) -> str:
    if first < low:
        return f"beginning of range ({first}) below minimum ({low}): {text}"
    if last > high:
        return f"end of range ({last}) above maximum ({high}): {text}"
    if first > last:
        return f"beginning of range ({first}) beyond end of range ({last}): {text}"
    return ""

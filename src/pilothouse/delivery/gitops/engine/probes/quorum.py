"""Votes: how many have to be healthy, and what follows when some gave no answer.

Three outcomes, not two: with enough healthy answers it is healthy; when even all missing answers could not make it healthy it is
not; in between nobody knows, and others are asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from pilothouse.delivery.gitops.engine.health.verdict import HEALTHY, worst
from pilothouse.delivery.gitops.engine.probes.answers import Answer
from pilothouse.kit.errors import Invalid

_NEED = re.compile(r"([0-9]+)(?:\s*of\s*[0-9]+|(%))?")
_SHOWN = 3


class Need(msgspec.Struct, frozen=True):
    """How many of a number of answers have to be healthy."""

    count: int = 0
    """At least so many; 0 for a share."""
    percent: int = 100

    def of(self, total: int) -> int:
        """Return how many of `total` that is; at least one."""
        return self.count or max(1, -(-total * self.percent // 100))


ALL, ANY = Need(), Need(count=1)


def read_need(value: Any) -> Need:
    """Return what `all`, `any`, `2`, `2 of 3` or `50%` says; raises `Invalid`."""
    text = "all" if value is None else str(value).strip().lower()
    if text in {"all", "any"}:
        return ALL if text == "all" else ANY
    found = _NEED.fullmatch(text)
    number = int(found[1]) if found and len(found[1]) < 5 else 0
    if found is None or number == 0 or (found[2] and number > 100):
        raise Invalid(f"need: {value!r} is not understood", fix="write all, any, a number, '2 of 3' or '50%'")
    return Need(percent=number) if found[2] else Need(count=number)


def decide(answers: Sequence[Answer], need: Need) -> Answer:
    """Return what the answers amount to."""
    if len(answers) == 1 and need.of(1) == 1:
        return answers[0]
    wanted = need.of(len(answers))
    healthy = sum(answer.is_healthy is True for answer in answers)
    silent = [answer for answer in answers if answer.is_healthy is None]
    against = [answer for answer in answers if answer.is_healthy is False]
    warning = _texts([answer.message for answer in silent] + [answer.warning for answer in answers if answer.warning])
    count = f"{healthy} of {len(answers)} are healthy"
    if healthy >= wanted:
        return Answer(True, count, HEALTHY, warning)
    told = f"{count}, {wanted} needed: {_texts([answer.message for answer in against])}".removesuffix(": ")
    if healthy + len(silent) < wanted:
        statuses = [answer.status for answer in against]
        return Answer(False, told, worst(statuses) if against and all(statuses) else "", warning)
    return Answer(None, f"{count}, {wanted} needed, {len(silent)} gave no answer: {warning}")


def _texts(texts: Sequence[str]) -> str:
    fresh = list(dict.fromkeys(text for text in texts if text))
    more = f" (and {len(fresh) - _SHOWN} more)" if len(fresh) > _SHOWN else ""
    return "; ".join(fresh[:_SHOWN]) + more

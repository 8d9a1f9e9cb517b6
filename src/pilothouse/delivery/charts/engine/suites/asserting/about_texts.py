"""Assertions about whole texts: NOTES.txt, error messages of templates, and snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.suites.asserting.about_values import pattern_of, uniform
from pilothouse.delivery.charts.engine.suites.asserting.asked import (
    NOTHING,
    Asked,
    Kind,
    Misfit,
    difference,
    error,
    expected,
    told,
)
from pilothouse.delivery.charts.engine.suites.documents import RAW, Document
from pilothouse.delivery.charts.engine.suites.paths import PathInvalid, find


def _raw(document: Document) -> str:
    text = document.get(RAW)
    return uniform("<nil>" if text is None else str(text))


def _raw_check(test: Callable[[dict[str, Any], str], bool], says: str, field: str) -> Callable[[Asked], list[str]]:
    def check(asked: Asked) -> list[str]:
        wanted = str(asked.params.get(field) or "")
        texts = [_raw(document) for document in asked.documents]
        if not texts and not asked.negative:
            return told(expected(False, says), parts=(("", wanted), ("Actual:", NOTHING)))
        lines: list[str] = []
        for text in texts:
            try:
                if test(asked.params, text) == asked.negative:
                    parts = (("", wanted), ("Actual:", text), ("Diff:", difference(wanted, text)))
                    has_diff = says == "to equal" and not asked.negative
                    lines += told(expected(asked.negative, says), parts=parts if has_diff else parts[:2])
            except Misfit as problem:
                return error(str(problem))
        return lines

    return check


def _failed(asked: Asked) -> list[str]:
    message, pattern = asked.params.get("errormessage"), asked.params.get("errorpattern")
    if message and pattern:
        return error("single attribute 'errorMessage' or 'errorPattern' supported at the same time")
    if asked.render_error is not None:
        texts = [asked.render_error]
    else:
        texts = [str(document[RAW]) for document in asked.documents if RAW in document]
    if not texts and not asked.negative:
        return told(expected(False, "to fail"), parts=(("Actual:", "No failed document"),))
    if not message and not pattern:
        return told("Expected NOT to fail:", parts=(("", texts[0]),)) if texts and asked.negative else []
    says = "to match" if pattern else "to equal"
    return [line for text in texts for line in _failure(asked, text, str(message or pattern), says, is_pattern=bool(pattern))]


def _failure(asked: Asked, text: str, wanted: str, says: str, *, is_pattern: bool) -> list[str]:
    if is_pattern:
        try:
            holds = pattern_of(asked.params, "errorpattern").search(text) is not None
        except Misfit:
            holds = False
        holds = holds or wanted in text
    else:
        holds = wanted == text
    return [] if holds != asked.negative else told(expected(asked.negative, says), parts=(("", wanted), ("Actual:", text)))


def _snapshot(asked: Asked) -> list[str]:
    path = str(asked.params.get("path") or "")
    lines: list[str] = []
    for number, document in enumerate(asked.documents):
        try:
            values = find(document, path)
        except PathInvalid as problem:
            return error(str(problem), document=number)
        if not values and not asked.negative:
            lines += error(f"unknown path {path}", document=number)
        for index, value in enumerate(values):
            lines += _compared(asked, value, number, index)
    return lines


def _compared(asked: Asked, value: Any, number: int, index: int) -> list[str]:
    wanted, unwanted = (asked.params.get(name) or {} for name in ("matchregex", "notmatchregex"))
    has_patterns = bool(wanted or unwanted)
    is_same, old, new, which = asked.snapshots.compare(asked.test, value, only_matches=has_patterns)
    try:
        if wanted and pattern_of(wanted).search(new) is None:
            is_same = asked.snapshots.update
        if unwanted and pattern_of(unwanted).search(new) is not None:
            is_same = asked.snapshots.update
    except Misfit as problem:
        return error(str(problem), document=number, value=index)
    if is_same != asked.negative:
        return []
    named = (("matchRegex", wanted), ("notMatchRegex", unwanted))
    patterns = "\n".join(f"{name}: {given.get('pattern')}" for name, given in named if given)
    inner = patterns or (old if asked.negative else difference(old, new))
    says = "the snapshot to have" if patterns else f"to match snapshot {which}"
    path = str(asked.params.get("path") or "")
    return told(expected(asked.negative, says), document=number, value=index, path=path, parts=(("", inner),))


def _raw_snapshot(asked: Asked) -> list[str]:
    lines: list[str] = []
    for document in asked.documents:
        is_same, old, new, which = asked.snapshots.compare(asked.test, _raw(document))
        if is_same == asked.negative:
            inner = old if asked.negative else difference(old, new)
            lines += told(expected(asked.negative, f"to match snapshot {which}"), parts=(("", inner),))
    return lines


_EQUAL = _raw_check(lambda params, text: params.get("value") == text, "to equal", "value")
_MATCHES = _raw_check(lambda params, text: pattern_of(params).search(text) is not None, "to match", "pattern")
TEXT_KINDS: dict[str, Kind] = {
    "equalRaw": Kind(_EQUAL, needs=("value",)),
    "notEqualRaw": Kind(_EQUAL, antonym=True, needs=("value",)),
    "matchRegexRaw": Kind(_MATCHES, needs=("pattern",)),
    "notMatchRegexRaw": Kind(_MATCHES, antonym=True, needs=("pattern",)),
    "failedTemplate": Kind(_failed, wants_success=False),
    "notFailedTemplate": Kind(_failed, antonym=True),
    "matchSnapshot": Kind(_snapshot),
    "matchSnapshotRaw": Kind(_raw_snapshot),
}

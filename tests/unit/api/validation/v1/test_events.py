"""Events."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.events import event, event_update
from tests.unit.api.validation.specimens import worded


def _old(namespace: str = "n", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "metadata": {"namespace": namespace}, "involvedObject": {"namespace": "n"}, **more}


def _new(**more: Any) -> dict[str, Any]:
    base = {
        "apiVersion": "events.k8s.io/v1", "metadata": {"namespace": "n"}, "eventTime": "t", "regarding": {"namespace": "n"},
        "reportingController": "a.com/b", "reportingInstance": "i", "action": "a", "reason": "r", "type": "Normal",
    }  # fmt: skip
    return {**base, **more}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (_old(), []),
        (_old("default", involvedObject={}), []),
        (_old("m"), ['involvedObject.namespace: Invalid value: "n": does not match event.namespace']),
        (_old(eventTime="t", reportingComponent="a", reportingInstance="i", action="a"), ["reason: Required value"]),
        (_new(), []),
        (_new(reason="r" * 129), ['reason: Invalid value: "": can have at most 128 characters']),
        (_new(note="r" * 1025), ['message: Invalid value: "": can have at most 1024 characters']),
        (_new(series={"count": 1}), [
            'series.count: Invalid value: "": should be at least 2', "series.lastObservedTime: Required value",
        ]),
        (_new(deprecatedCount=1), ['count: Invalid value: "": needs to be unset']),
    ],
)  # fmt: skip
def test_an_event(obj: dict[str, Any], expected: list[str]) -> None:
    assert worded(event(obj)) == expected


def test_events_of_the_newer_group_stay() -> None:
    assert worded(event_update(_new(note="x", reason="s"), _new())) == [
        'reason: Invalid value: "s": field is immutable',
        'message: Invalid value: "x": field is immutable',
        'reason: Invalid value: "s": field is immutable',
    ]
    assert not event_update(_old(reason="s"), _old())


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("note", "", 'message: Invalid value: "": field is immutable'),
        ("deprecatedCount", None, "count: Invalid value: 0: field is immutable"),
        ("related", None, "related: Invalid value: null: field is immutable"),
        ("related", {"kind": "Pod", "name": "a"},
         ('related: Invalid value: {"Kind":"Pod","Namespace":"","Name":"a","UID":"","APIVersion":"","ResourceVersion":"",'
          '"FieldPath":""}: field is immutable')),
        ("deprecatedSource", {"host": "a"}, 'source: Invalid value: {"Component":"","Host":"a"}: field is immutable'),
    ],
)  # fmt: skip
def test_what_changed_is_shown_as_it_is_in_memory(field: str, value: Any, expected: str) -> None:
    old = _new(**{field: {"note": "x", "deprecatedCount": 1, "related": {"kind": "A"}}.get(field)})
    new = _new(**{field: value}) if value else _new()
    assert worded(event_update(new, old)) == [expected]

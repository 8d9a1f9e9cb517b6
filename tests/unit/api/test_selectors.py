"""Selectors: what they match and what they refuse."""

import pytest

from pilothouse.api.selectors import label_selector_from_object, parse_field_selector, parse_label_selector
from pilothouse.kit.errors import BadRequest

LABELS = {"app": "web", "tier": "front", "n": "5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier!=back", True),
        ("app in (web, api)", True),
        ("app notin (web)", False),
        ("missing notin (x)", True),
        ("app", True),
        ("!app", False),
        ("!missing", True),
        ("n>4,n<6", True),
        ("n>5", False),
        ("app=", False),
        ("x.io/y in ()", False),
    ],
)
def test_label_selectors(text: str, expected: bool) -> None:
    assert parse_label_selector(text).matches(LABELS) is expected


@pytest.mark.parametrize("text", ["a=b=c", "=x", "a in b", "a in (b", "a b", "a,,b", "in (x", "-a=b", "a=b c", "n>x", "(", "a=!"])
def test_bad_label_selectors(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_label_selector(text)


def test_selector_objects() -> None:
    selector = label_selector_from_object(
        {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}
    )
    assert selector.matches(LABELS)
    assert str(selector) == "app=web,tier in (front)"
    assert not label_selector_from_object(None).matches(LABELS)
    assert label_selector_from_object({}).matches({})
    with pytest.raises(BadRequest):
        label_selector_from_object({"matchExpressions": [{"key": "a", "operator": "Like"}]})


def test_field_selectors() -> None:
    selector = parse_field_selector("metadata.name=x,status.phase!=Running")
    assert selector.matches({"metadata.name": "x"})
    assert not selector.matches({"metadata.name": "x", "status.phase": "Running"})
    assert selector.exact("metadata.name") == "x"
    with pytest.raises(BadRequest):
        parse_field_selector("metadata.name")

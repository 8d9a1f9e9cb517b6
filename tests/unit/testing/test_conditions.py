"""What can be waited for, and what a test is told when it does not come."""

import pytest

from pilothouse.kit.errors import BadRequest
from pilothouse.testing.conditions import check_condition, event_line, is_reached, not_reached

READY = {"kind": "Pod", "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(
    ("condition", "is_so"),
    [
        ("Ready", True), ("Ready=True", True), ("Ready=False", False), ("condition=Ready", True), ("Available", False),
        ("exists", True), ("delete", False),
        ("jsonpath=.status.phase=Running", True), ("jsonpath={.status.phase}=Pending", False),
        (lambda tree: tree["status"]["phase"] == "Running", True), (lambda tree: None, False),
    ],
)  # fmt: skip
def test_conditions_of_an_object(condition: str, is_so: bool) -> None:
    check_condition(condition)
    assert is_reached(READY, condition) is is_so


def test_nothing_is_only_deleted() -> None:
    assert is_reached(None, "delete")
    assert not is_reached(None, "exists")
    assert not is_reached(None, lambda tree: True)


@pytest.mark.parametrize("text", ["", ".status.phase", "{.status.phase}=Running", "is ready"])
def test_texts_that_can_never_be_met_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="cannot wait for"):
        check_condition(text)


def test_the_failure_tells_how_far_it_got() -> None:
    tree = {
        "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/wait"]},
        "status": {
            "replicas": 2,
            "conditions": [{"type": "Ready", "status": "False", "reason": "Slow", "message": "still starting"}],
        },
    }
    event = {"type": "Warning", "reason": "Failed", "involvedObject": {"kind": "Pod", "name": "web"}, "message": "no", "count": 3}
    text = str(not_reached("Widget", "default", "one", "Ready", 5, tree, [event], "look here"))
    assert "Widget default/one: 'Ready' was not reached within 5 s" in text
    assert "finalizers: example.com/wait" in text
    assert "Ready=False (Slow: still starting)" in text
    assert "status: replicas=2" in text
    assert "event: Warning Failed Pod/web: no (x3)" in text
    assert "look here" in text


def test_the_failure_says_that_there_is_nothing() -> None:
    assert "there is no such object" in str(not_reached("Node", "", "x", "exists", 1, None, [], ""))
    assert "has no status" in str(not_reached("Node", "", "x", "Ready", 1, {"metadata": {}}, [], ""))


def test_it_fails_a_test_and_is_an_error_of_ours() -> None:
    assert isinstance(not_reached("Node", "", "x", "exists", 1, None, [], ""), AssertionError)


def test_events_in_one_line() -> None:
    event = {"type": "Normal", "reason": "Done", "involvedObject": {"kind": "Job", "name": "a"}, "message": "over"}
    assert event_line(event) == "Normal Done Job/a: over"

"""`wait`: conditions, fields, deletion, time."""

import pytest

from pilothouse.app.cli.access import seconds
from pilothouse.app.cli.wait import is_met
from pilothouse.kit.errors import BadRequest
from tests.unit.app.cli.conftest import Verb

TREE = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.mark.parametrize(
    ("goal", "expected"),
    [("condition=Ready", True), ("condition=ready=false", False), ("condition=Other", False), ("delete", False),
     ("jsonpath={.status.phase}=Running", True), ("jsonpath=.status.phase=Pending", False), ("jsonpath=.status.none", False)],
)  # fmt: skip
def test_goals(goal: str, expected: bool) -> None:
    assert is_met(TREE, goal) is expected


@pytest.mark.parametrize(("text", "expected"), [("5", 5.0), ("0.5s", 0.5), ("1m30s", 90.0), ("1h", 3600.0), ("-1", -1.0)])
def test_time_spans(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "s", "5x", "m5"])
def test_what_is_no_time_span(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        seconds(text)


def test_nonsense_is_refused() -> None:
    with pytest.raises(BadRequest, match="cannot wait for"):
        is_met(TREE, "magic")


def test_against_a_server(verb: Verb) -> None:
    assert verb("wait", "ns/default", "--for", "jsonpath=.status.phase=Active")[1] == "namespace/default condition met\n"
    assert verb("wait", "ns/none", "--for", "delete")[0] == 0
    status, _, err = verb("wait", "ns/default", "--for", "condition=Ready", "--timeout", "0")
    assert status == 1
    assert "timed out waiting" in err

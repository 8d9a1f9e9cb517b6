"""The language of the rule table."""

import pytest

from pilothouse.delivery.gitops.engine.health.rules import language
from pilothouse.delivery.gitops.engine.health.rules.language import (
    conditions,
    newest,
    observed,
    only,
    otherwise,
    phases,
    rules,
    when,
)
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, Health

TREE = {
    "kind": "Widget",
    "metadata": {"generation": 2, "labels": {"a.b/c": "on"}},
    "spec": {"paused": False, "replicas": 3, "zero": 0, "words": ["a", "b"]},
    "status": {
        "phase": "Up",
        "ready": 3,
        "conditions": [
            {"type": "Synced", "status": "False", "reason": "Slow", "message": "not yet", "observedGeneration": 2},
            {"type": "Ready", "status": "True", "message": "fine"},
        ],
    },
}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("spec.paused", False),
        ("!spec.paused", True),
        ("spec.zero", True),
        ("spec.nothing", False),
        ("!spec.nothing.below", True),
        ("status.phase=Up|Down", True),
        ("status.phase!=Up", False),
        ("spec.paused=false", True),
        ("spec.nothing=", True),
        ("spec.replicas==status.ready", True),
        ("spec.replicas!==status.ready", False),
        ("spec.zero<status.ready", True),
        ("metadata.labels[a.b/c]=on & status.phase=Up", True),
        ("metadata.labels[a.b/c]=on & status.phase=Down", False),
    ],
)
def test_tests_on_objects(expression: str, holds: bool) -> None:
    assert language.test(expression)(TREE) is holds


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("plain", "plain"),
        ("{kind} is {status.phase}", "Widget is Up"),
        ("{status.reason:no reason} at {spec.replicas}", "no reason at 3"),
        ("{message|reason}", ""),
        ("{other|reason} {message:absent}", "r "),
        ("{message:-empty}", "empty"),
        ("{spec.words}", "a, b"),
    ],
)
def test_messages(template: str, said: str) -> None:
    assert language.text(template)(TREE, {"reason": "r", "message": ""}) == said


def test_the_first_verdict_counts() -> None:
    rule = rules(when("spec.paused", "Suspended"), only("spec.paused", otherwise(DEGRADED)), otherwise(HEALTHY, "done"))
    assert rule(TREE) == Health(HEALTHY, "done", "rules")


def test_conditions_are_tried_in_the_order_of_the_list() -> None:
    both = conditions(("Ready=True", HEALTHY, "{message}"), ("Synced=False reason!=Paused", DEGRADED, "{reason}: {message}"))
    assert both(TREE) == Health(DEGRADED, "Slow: not yet", "rules")
    assert conditions(("Ready!=True", DEGRADED, ""), ("Other=*", HEALTHY, ""))(TREE) is None
    assert conditions(("*=True", HEALTHY, "{message}"))(TREE) == Health(HEALTHY, "fine", "rules")


def test_phases() -> None:
    rule = phases("status.phase", {"Up|Fine": HEALTHY, "Bad": (DEGRADED, "broken")}, "{status.phase}", other=(PROGRESSING, "?"))
    assert rule(TREE) == Health(HEALTHY, "Up", "rules")
    assert rule({"status": {"phase": "Odd"}}) == Health(PROGRESSING, "?", "rules")
    assert rule({}) is None


def test_generations() -> None:
    lagging = {"metadata": {"generation": 3}, "status": {"observedGeneration": 2, "conditions": [{"observedGeneration": 2}]}}
    assert observed("wait", PROGRESSING)(lagging) == Health(PROGRESSING, "wait", "rules")
    assert observed("wait", PROGRESSING)(TREE) is None
    assert newest("wait", otherwise(HEALTHY))(lagging) == Health(PROGRESSING, "wait", "rules")
    assert newest("wait", otherwise(HEALTHY))(TREE) == Health(HEALTHY, "", "rules")

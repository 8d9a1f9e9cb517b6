"""Rules of flow control."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.flowcontrol import conditions, flow_schema, priority_level

QUEUING = {"queues": 64, "handSize": 6, "queueLengthLimit": 50}


def level(response: Any = None, kind: str = "Limited", **part: Any) -> list[str]:
    found = {"limitResponse": response or {"type": "Queue", "queuing": QUEUING}, **part}
    spec = {"type": kind, "limited": found} if kind == "Limited" else {"type": kind, "exempt": part}
    name = "exempt" if kind == "Exempt" else "some"
    return [
        f"{finding.path.removeprefix('spec.')}: {finding.text()}"
        for finding in priority_level({"metadata": {"name": name}, "spec": spec})
    ]


def queuing(**more: int) -> list[str]:
    return [text.partition("queuing.")[2] for text in level({"type": "Queue", "queuing": {**QUEUING, **more}})]


def test_seats_of_priority_levels() -> None:
    assert level() == [] and level(kind="Exempt", nominalConcurrencyShares=3, lendablePercent=50) == []
    assert level(lendablePercent=101) == ["limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"]
    assert level(borrowingLimitPercent=-1) == [
        "limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer"
    ]
    assert level(kind="Exempt", nominalConcurrencyShares=-1) == [
        "exempt.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
    ]  # fmt: skip


def test_queues_of_priority_levels() -> None:
    assert level({"type": "Reject"}) == [] and level({"type": "Queue"})[0].startswith("limited.limitResponse.queuing: Required")
    assert level({"type": "Reject", "queuing": QUEUING})[0].startswith("limited.limitResponse.queuing: Forbidden")
    assert level({"type": "Other"}) == [
        'limited.limitResponse.type: Unsupported value: "Other": supported values: "Queue", "Reject"'
    ]
    assert queuing(queues=-1) == [
        "queues: Invalid value: -1: must be positive", "handSize: Invalid value: 6: should not be greater than queues (-1)",
    ]  # fmt: skip
    assert queuing(queues=20_000_000, handSize=1) == ["queues: Invalid value: 20000000: must not be greater than 10000000"]
    assert queuing(handSize=0, queueLengthLimit=0) == [
        "queueLengthLimit: Invalid value: 0: must be positive", "handSize: Invalid value: 0: must be positive",
    ]  # fmt: skip
    assert queuing(queues=1024, handSize=7) == [
        "handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60",
    ]  # fmt: skip


def test_only_the_level_of_that_name_is_exempt() -> None:
    (found,) = priority_level({"metadata": {"name": "some"}, "spec": {"type": "Exempt"}})
    assert found.text() == """Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'"""


_RULE = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True}
_SUBJECT = {"kind": "User", "user": {"name": "u"}}


def _found(spec: dict[str, Any]) -> list[tuple[str, str]]:
    base = {"matchingPrecedence": 5, "priorityLevelConfiguration": {"name": "p"}}
    return [(e.path, e.text()) for e in flow_schema({"metadata": {"name": "f"}, "spec": {**base, **spec}})]


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"matchingPrecedence": -1}, "matchingPrecedence", "Invalid value: -1: must be a positive value"),
        ({"matchingPrecedence": 1}, "matchingPrecedence", "only the schema named 'exempt' may have matchingPrecedence 1"),
        ({"distinguisherMethod": {"type": "X"}}, "distinguisherMethod.type", 'value: {"Type":"X"}: supported'),
        ({"priorityLevelConfiguration": {"name": "A"}}, "priorityLevelConfiguration.name", "a lowercase RFC 1123 subdomain"),
        ({"rules": [{"resourceRules": [_RULE]}]}, "rules[0].subjects", "subjects must contain at least one value"),
    ],
)  # fmt: skip
def test_flow_schemas(spec: dict[str, Any], path: str, text: str) -> None:
    ((where, what),) = _found(spec)
    assert where == f"spec.{path}"
    assert text in what


@pytest.mark.parametrize(
    ("subject", "path", "text"),
    [
        ({"kind": "User"}, "user", "Required value: user is required when subject kind is 'User'"),
        ({"kind": "User", "user": {"name": ""}}, "user.name", "Required value"),
        ({**_SUBJECT, "group": {"name": "g"}}, "group", "Forbidden: group is forbidden when subject kind is not 'Group'"),
        ({"kind": "ServiceAccount", "serviceAccount": {"name": "*"}}, "serviceAccount.namespace", "must specify namespace"),
    ],
)
def test_subjects(subject: dict[str, Any], path: str, text: str) -> None:
    ((where, what),) = _found({"rules": [{"subjects": [subject], "resourceRules": [_RULE]}]})
    assert where == f"spec.rules[0].subjects[0].{path}"
    assert text in what


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        ({**_RULE, "verbs": ["*", "get"]}, "verbs", """["*","get"]: if '*' is present, must not specify other verbs"""),
        ({**_RULE, "verbs": ["x"]}, "verbs", 'Unsupported value: ["x"]: supported values: "create", "delete"'),
        ({**_RULE, "apiGroups": []}, "apiGroups", "resource rules must supply at least one api group"),
        ({**_RULE, "resources": ["*", "a"]}, "resources", "must not specify other resources"),
        ({**_RULE, "clusterScope": False}, "namespaces", "resource rules that are not cluster scoped must supply at least one"),
        (
            {**_RULE, "namespaces": ["A"]},
            "namespaces[0]",
            "each member of this list must be '*' or a DNS-1123 label; a lowercase",
        ),
    ],
)
def test_resource_rules(rule: dict[str, Any], path: str, text: str) -> None:
    ((where, what),) = _found({"rules": [{"subjects": [_SUBJECT], "resourceRules": [rule]}]})
    assert where == f"spec.rules[0].resourceRules[0].{path}"
    assert text in what


@pytest.mark.parametrize(
    ("urls", "text"),
    [
        (["*", "/a"], "if '*' is present, must not specify other non-resource URLs"),
        ([], "nonResourceURLs must contain at least one value"),
        ([""], "must not be empty"),
        (["a"], "must start with slash"),
        (["/a b"], "must not contain white-space"),
        (["/a//b"], "must not contain double slash"),
        (["/a*"], "wildcard can only do suffix matching"),
    ],
)
def test_urls(urls: list[str], text: str) -> None:
    rule = {"verbs": ["get"], "nonResourceURLs": urls}
    ((_, what),) = _found({"rules": [{"subjects": [_SUBJECT], "nonResourceRules": [rule]}]})
    assert text in what


def test_conditions_are_unique() -> None:
    found = conditions({"status": {"conditions": [{"type": "A"}, {"type": "A"}, {}]}}, {})
    assert [error.text() for error in found] == ['Duplicate value: "A"', "Required value: must not be empty"]


def test_types_of_levels_are_required() -> None:
    spec: dict[str, Any] = {"type": "Limited", "limited": {"limitResponse": {}}}
    for stated, path in (({}, "spec.type"), (spec, "spec.limited.limitResponse.type")):
        assert [error.path for error in priority_level({"metadata": {"name": "a"}, "spec": stated})] == [path]

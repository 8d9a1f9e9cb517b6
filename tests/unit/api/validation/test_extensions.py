"""Rules of APIServices and priority levels."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.extensions import api_service, api_service_update, priority_level

SERVICE = {"name": "s", "namespace": "n", "port": 443}


def texts(group: str = "example.com", **spec: Any) -> list[str]:
    full = {"group": group, "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, **spec}
    obj = {"metadata": {"name": f"v1.{group}"}, "spec": full}
    assert api_service_update(obj, obj) == api_service(obj)
    return [f"{finding.path}: {finding.text()}" for finding in api_service(obj)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"service": SERVICE, "caBundle": "eA=="}, []),
        ({"service": SERVICE, "insecureSkipTLSVerify": True}, []),
        ({"caBundle": "eA=="}, ['spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle']),
        ({"insecureSkipTLSVerify": True},
         ["spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify"]),
        ({"service": {"port": 0}}, [
            "spec.service.namespace: Required value", "spec.service.name: Required value",
            "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
        ]),
        ({"service": SERVICE, "caBundle": "eA==", "insecureSkipTLSVerify": True},
         ["spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"]),
        ({"versionPriority": 1001}, ["spec.versionPriority: Invalid value: 1001: must be positive and less than 1000"]),
    ],
)  # fmt: skip
def test_api_services(spec: dict[str, Any], expected: list[str]) -> None:
    assert texts(**spec) == expected


def test_only_the_first_version_of_the_core_group_has_no_group() -> None:
    assert texts("") == []
    spec = {"version": "v2", "groupPriorityMinimum": 1, "versionPriority": 1}
    (found,) = api_service({"metadata": {"name": "v2."}, "spec": spec})
    assert found.text() == "Required value: only v1 may have an empty group and it better be legacy kube"


QUEUING = {"queues": 64, "handSize": 6, "queueLengthLimit": 50}


def level(response: Any = None, kind: str = "Limited", **part: Any) -> list[str]:
    found = {"limitResponse": response or {"type": "Queue", "queuing": QUEUING}, **part}
    spec = {"type": kind, "limited": found} if kind == "Limited" else {"type": kind, "exempt": part}
    return [f"{finding.path.removeprefix('spec.')}: {finding.text()}" for finding in priority_level({"spec": spec})]


def queuing(**more: int) -> list[str]:
    return [text.partition("queuing.")[2] for text in level({"type": "Queue", "queuing": {**QUEUING, **more}})]


def test_seats_of_priority_levels() -> None:
    assert level() == [] and level(kind="Exempt", nominalConcurrencyShares=3, lendablePercent=50) == []
    assert level(lendablePercent=101) == ["limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"]
    assert level(borrowingLimitPercent=-1) == [
        "limited.borrowingLimitPercent: Invalid value: -1: if specified, must be non-negative"
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

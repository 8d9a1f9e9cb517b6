"""Tolerations, affinity, spreading."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_T = "spec.tolerations[0]"
_S = "spec.topologySpreadConstraints"
_R, _P = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
_SELECTOR = {"matchLabels": {"a": "b"}}
_SPREAD = {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": _SELECTOR}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, []),
        ({"key": "a", "value": "-b"}, 1),
        (
            {"operator": "Equal"},
            [
                (
                    f'{_T}.operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means '
                    '"match all values and all keys"'
                )
            ],
        ),
        (
            {"key": "a", "tolerationSeconds": 1, "effect": "NoSchedule"},
            [f"{_T}.effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"],
        ),
        (
            {"key": "a", "operator": "Lt"},
            [f'{_T}.operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"'],
        ),
    ],
)
def test_a_toleration(toleration: dict[str, Any], expected: Any) -> None:
    found = worded(check(pod(tolerations=[toleration])))
    assert (len(found) if isinstance(expected, int) else found) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"minDomains": 0}, [f"{_S}[0].minDomains: Invalid value: 0: must be greater than zero"]),
        (
            {"minDomains": 1, "whenUnsatisfiable": "ScheduleAnyway"},
            [
                (f"{_S}[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, "
                "not ScheduleAnyway")
            ],
        ),
        ({"whenUnsatisfiable": ""}, [
            f'{_S}[0].whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"'
        ]),
        ({"nodeTaintsPolicy": "X"}, [f'{_S}[0].nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"']),
        ({"matchLabelKeys": ["a"]}, [
            f'{_S}[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector'
        ]),
        ({"labelSelector": None, "matchLabelKeys": ["a"]}, [
            f"{_S}[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"
        ]),
    ],
)  # fmt: skip
def test_a_constraint(change: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(topologySpreadConstraints=[{**_SPREAD, **change}]))) == expected


def test_constraints_differ() -> None:
    assert worded(check(pod(topologySpreadConstraints=[_SPREAD, _SPREAD]))) == [
        f'{_S}[0].{{topologyKey, whenUnsatisfiable}}: Duplicate value: "{{z, DoNotSchedule}}"'
    ]


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        ({"nodeAffinity": {_R: {}}}, [
            f"spec.affinity.nodeAffinity.{_R}.nodeSelectorTerms: Required value: must have at least one node selector term"
        ]),
        ({"nodeAffinity": {_P: [{"weight": 0, "preference": {"matchExpressions": [
            {"key": "a", "operator": "In", "values": ["-"]}
        ]}}]}}, [f"spec.affinity.nodeAffinity.{_P}[0].weight: Invalid value: 0: must be in the range 1-100"]),
        ({"podAffinity": {_R: [{"topologyKey": ""}]}}, [
            f"spec.affinity.podAffinity.{_R}[0].topologyKey: Required value: can not be empty",
            f'spec.affinity.podAffinity.{_R}[0].topologyKey: Invalid value: "": name part must be non-empty',
            (f'spec.affinity.podAffinity.{_R}[0].topologyKey: Invalid value: "": name part must consist of alphanumeric '
            "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
            "'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"),
        ]),
        ({"podAntiAffinity": {_R: [{"topologyKey": "z", "namespaces": ["a.b"]}]}}, [
            f'spec.affinity.podAntiAffinity.{_R}[0].namespace: Invalid value: "a.b": must not contain dots'
        ]),
        ({"podAffinity": {_R: [{"topologyKey": "z", "labelSelector": _SELECTOR, "matchLabelKeys": ["k"],
                               "mismatchLabelKeys": ["k"]}]}}, [
            (f'spec.affinity.podAffinity.{_R}[0].matchLabelKeys[0]: Invalid value: "k": exists in both matchLabelKeys and '
            "mismatchLabelKeys")
        ]),
    ],
)  # fmt: skip
def test_affinity(affinity: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(affinity=affinity))) == expected

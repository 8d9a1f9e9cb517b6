"""What a policy or binding is for."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.admission.matching import match_resources, param_kind, param_reference

RULE = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap"}, []),
        ({"apiVersion": "a.example.com/v1", "kind": "A"}, []),
        ({}, ["p.apiVersion: Required value", "p.kind: Required value"]),
        ({"apiVersion": "a/b/c", "kind": "A"}, ['p.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c']),
        ({"apiVersion": "a/", "kind": "A"}, ['p.apiVersion: Invalid value: "a/": version must be specified']),
    ],
)
def test_kinds_of_params(found: dict[str, Any], texts: list[str]) -> None:
    assert [f"{finding.path}: {finding.text()}" for finding in param_kind(found, "p")] == texts


def test_a_kind_may_have_mixed_case_only() -> None:
    (finding,) = param_kind({"apiVersion": "v1", "kind": "A B"}, "p")
    assert finding.detail.startswith("may have mixed case, but should otherwise match: ")


@pytest.mark.parametrize(
    ("found", "paths"),
    [
        (None, []),
        ({"name": "a", "parameterNotFoundAction": "Allow"}, []),
        ({"selector": {}, "parameterNotFoundAction": "Deny"}, []),
        ({"parameterNotFoundAction": "Other"}, ["p", "p.parameterNotFoundAction"]),
        ({"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"}, ["p.name", "p.selector"]),
    ],
)
def test_references_to_params(found: dict[str, Any] | None, paths: list[str]) -> None:
    assert [finding.path for finding in param_reference(found, "p")] == paths


def test_resources() -> None:
    assert match_resources(None, "m") == [] and match_resources({"resourceRules": [RULE]}, "m") == []
    bad = {"excludeResourceRules": [{**RULE, "resourceNames": ["a/b", "c", "c"]}]}
    assert [finding.path for finding in match_resources(bad, "m")] == [
        "m.excludeResourceRules[0].resourceNames[0]", "m.excludeResourceRules[0].resourceNames[2]",
    ]  # fmt: skip

"""Rules of webhook configurations."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.admission.webhooks import client, configuration, configuration_update, conversion, resource_rule

RULE = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}

_ALONE = "{}: Invalid value: {}: if '{}' is present, must not specify other {}"
_OPERATIONS = '"*", "CONNECT", "CREATE", "DELETE", "UPDATE"'


def hook(**more: Any) -> dict[str, Any]:
    found = {"name": "a.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "rules": [RULE],
             "clientConfig": {"url": "https://example.com/x"}}  # fmt: skip
    return {**found, **more}


def texts(*hooks: dict[str, Any], old: dict[str, Any] | None = None) -> list[str]:
    obj = {"webhooks": list(hooks)}
    findings = configuration(obj) if old is None else configuration_update(obj, {"webhooks": [old]})
    return [f"{finding.path}: {finding.text()}" for finding in findings]


def test_a_good_configuration_has_no_findings() -> None:
    assert texts(hook(), hook(name="b.example.com")) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"operations": []}, "operations: Required value"),
        ({"operations": ["*", "CREATE"]}, _ALONE.format("operations", '["*","CREATE"]', "*", "operations")),
        ({"operations": ["GET"]}, f'operations[0]: Unsupported value: "GET": supported values: {_OPERATIONS}'),
        ({"apiVersions": [""]}, "apiVersions[0]: Required value"),
        ({"resources": ["*/*", "a"]}, _ALONE.format("resources", '["*/*","a"]', "*/*", "resources")),
        ({"resources": ["a/*", "a/x"]}, "resources[1]: Invalid value: \"a/x\": if 'a/*' is present, must not specify a/x"),
        ({"scope": "x"}, 'scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"'),
    ],
)  # fmt: skip
def test_rules(change: dict[str, Any], expected: str) -> None:
    assert [f"{finding.path}: {finding.text()}" for finding in resource_rule({**RULE, **change}, "")] == [f".{expected}"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "Required value: exactly one of url or service is required"),
        ({"url": "http://x/y"}, "'https' is the only allowed URL scheme; desired format: https://host[/path]"),
        ({"url": "https:///y"}, "host must be provided"),
        ({"url": "https://a:b@x/y"}, "user information is not permitted in the URL"),
        ({"url": "https://x/y?z=1"}, "query parameters are not permitted in the URL"),
        ({"url": "https://x/y#z"}, "fragments are not permitted in the URL"),
        ({"url": "https://x:port/y"}, "url must be a valid URL"),
        ({"service": {"name": "a", "namespace": "b", "path": "xa"}}, "must start with a '/'"),
        ({"service": {"name": "a", "namespace": "b", "path": "//"}}, "segment[0] may not be empty"),
        ({"service": {"name": "a", "namespace": "b", "path": "/a//b"}}, "segment[1] may not be empty"),
        ({"service": {"name": "a", "namespace": "b", "path": "/A"}}, "segment[0]: a lowercase RFC 1123 subdomain"),
        ({"service": {"name": "a", "namespace": "b", "port": 0}}, "port is not valid: must be between 1 and 65535, inclusive"),
        ({"service": {"name": "a", "namespace": ""}}, "service name is required"),
    ],
)
def test_clients(config: dict[str, Any], expected: str) -> None:
    (finding,) = client(config, "clientConfig")
    assert expected in finding.text()


def test_names_are_unique_and_versions_known() -> None:
    assert texts(hook(), hook()) == ['webhooks[1].name: Duplicate value: "a.example.com"']
    assert texts(hook(name="")) == ["webhooks[0].name: Required value"]
    found = texts(hook(admissionReviewVersions=["v9", "v9"]))
    assert found[0] == 'webhooks[0].admissionReviewVersions[1]: Invalid value: "v9": duplicate version'
    assert "must include at least one of v1, v1beta1" in found[1]


def test_what_was_wrong_before_may_stay() -> None:
    old = hook(sideEffects="Some", admissionReviewVersions=["v9"], matchConditions=[{"name": "x", "expression": "("}])
    assert texts(old, old=old) == []
    assert len(texts(old)) == 3


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"strategy": "None"}, []),
        ({"strategy": "X"}, ['c.strategy: Unsupported value: "X": supported values: "None", "Webhook"']),
        ({"strategy": "Webhook"}, ["c.webhookClientConfig: Required value: required when strategy is set to Webhook",
                                   "c.conversionReviewVersions: Required value"]),
        ({"strategy": "None", "webhook": {"clientConfig": {}, "conversionReviewVersions": ["v1"]}},
         [f"c.{field}: Forbidden: should not be set when strategy is not set to Webhook"
          for field in ("webhookClientConfig", "conversionReviewVersions")]),
    ],
)  # fmt: skip
def test_conversions(found: dict[str, Any], expected: list[str]) -> None:
    assert [f"{finding.path}: {finding.text()}" for finding in conversion(found, "c")] == expected

"""Which hooks a request concerns."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.admission.dynamic.matching import (
    Attributes,
    Rule,
    equivalents,
    is_exempt,
    is_for,
    match,
    resources_of,
)
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import hook_of
from pilothouse.cluster.apiserver.context import User
from pilothouse.cluster.apiserver.errors import StatusError
from tests.unit.cluster.apiserver.admission.dynamic.webhooks.test_hooks import RAW
from tests.unit.cluster.apiserver.driver import Driver, serve

SCHEME = Scheme()


def asked(group: str, version: str, plural: str, **more: Any) -> Attributes:
    resource = SCHEME.resource(group, version, plural)
    assert resource is not None
    return Attributes(more.pop("operation", "CREATE"), resource, User("u"), **more)


def rule(**more: Any) -> Rule:
    found = {"operations": ("*",), "groups": ("*",), "versions": ("*",), "resources": (("*", "*"),)}
    return Rule(**{**found, **more})


@pytest.mark.parametrize(
    ("resources", "sub", "expected"),
    [
        ((("pods", ""),), "", True), ((("pods", ""),), "status", False), ((("pods", "*"),), "status", True),
        ((("pods", "*"),), "", True), ((("*", "status"),), "status", True), ((("*", ""),), "status", False),
        ((("*", "*"),), "status", True),
    ],
)  # fmt: skip
def test_resources_and_subresources(resources: tuple[tuple[str, str], ...], sub: str, expected: bool) -> None:
    request = asked("", "v1", "pods", subresource=sub, namespace="n")
    assert is_for(rule(resources=resources), request, request.resource) is expected


def test_operations_groups_versions_and_scope() -> None:
    pods = asked("", "v1", "pods", namespace="n")
    assert not is_for(rule(operations=("DELETE",)), pods, pods.resource)
    assert not is_for(rule(groups=("apps",)), pods, pods.resource)
    assert not is_for(rule(versions=("v2",)), pods, pods.resource)
    assert not is_for(rule(scope="Cluster"), pods, pods.resource) and is_for(rule(scope="Namespaced"), pods, pods.resource)
    namespaces = asked("", "v1", "namespaces", namespace="n")
    assert is_for(rule(scope="Cluster"), namespaces, namespaces.resource)


def test_views_of_the_same_objects_are_equivalent() -> None:
    def found(group: str, version: str, plural: str) -> list[str]:
        return [other.api_version for other in equivalents(SCHEME, asked(group, version, plural).resource)]

    assert found("autoscaling", "v1", "horizontalpodautoscalers") == ["autoscaling/v2"]
    assert found("", "v1", "events") == ["events.k8s.io/v1"] and found("", "v1", "pods") == []


def test_what_configures_admission_is_exempt() -> None:
    group = "admissionregistration.k8s.io"
    assert is_exempt(asked(group, "v1", "validatingwebhookconfigurations").resource)
    assert not is_exempt(asked("", "v1", "pods").resource)


def test_names_narrow_a_rule() -> None:
    pods = asked("", "v1", "pods", namespace="n", name="a")
    assert is_for(rule(names=("a", "b")), pods, pods.resource) and not is_for(rule(names=("b",)), pods, pods.resource)


def test_exclusions_count_for_equivalent_resources_too() -> None:
    async def test(driver: Driver) -> None:
        backend, scaler = driver.server.backend, asked("autoscaling", "v1", "horizontalpodautoscalers", namespace="default")
        every = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
        newer = {**every, "apiVersions": ["v2"]}
        assert match(backend, resources_of({}), scaler) is scaler.resource
        assert match(backend, resources_of({"excludeResourceRules": [newer]}), scaler) is None
        assert match(backend, resources_of({"excludeResourceRules": [newer], "matchPolicy": "Exact"}), scaler) is not None

    serve(test)


def test_selectors_and_match_policy() -> None:
    async def test(driver: Driver) -> None:
        backend = driver.server.backend
        await driver.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "n", "labels": {"team": "a"}}})
        raw = {**RAW, "rules": [{**RAW["rules"][0], "apiGroups": ["autoscaling"], "apiVersions": ["v2"], "resources": ["*"]}]}
        request = asked("autoscaling", "v1", "horizontalpodautoscalers", namespace="n", obj={"metadata": {}})
        assert match(backend, hook_of("c", 0, raw).selection, request) is None
        found = match(backend, hook_of("c", 0, raw | {"matchPolicy": "Equivalent"}).selection, request)
        assert found is not None and found.version == "v2"
        for team, expected in (("a", True), ("b", False)):
            chosen = raw | {"matchPolicy": "Equivalent", "namespaceSelector": {"matchLabels": {"team": team}}}
            assert (match(backend, hook_of("c", 0, chosen).selection, request) is not None) is expected
        request.namespace = "missing"
        with pytest.raises(StatusError, match='namespaces "missing" not found'):
            match(backend, hook_of("c", 0, chosen).selection, request)
        labelled = raw | {"matchPolicy": "Equivalent", "objectSelector": {"matchLabels": {"x": "y"}}}
        assert match(backend, hook_of("c", 0, labelled).selection, request) is None
        request.old = {"metadata": {"labels": {"x": "y"}}}
        assert match(backend, hook_of("c", 0, labelled).selection, request) is not None

    serve(test)

"""The table of served resources."""

from __future__ import annotations

import pytest

from pilothouse.api.scheme import Scheme
from pilothouse.api.scheme.table import version_priority

SCHEME = Scheme()


@pytest.mark.parametrize(
    ("group", "version", "plural", "kind", "namespaced"),
    [
        ("", "v1", "pods", "Pod", True),
        ("", "v1", "nodes", "Node", False),
        ("apps", "v1", "deployments", "Deployment", True),
        ("batch", "v1", "cronjobs", "CronJob", True),
        ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False),
        ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False),
    ],
)
def test_a_resource_is_found_by_path_and_by_kind(group: str, version: str, plural: str, kind: str, namespaced: bool) -> None:
    resource = SCHEME.resource(group, version, plural)
    assert resource is not None
    assert (resource.kind, resource.namespaced) == (kind, namespaced)
    assert SCHEME.kind(resource.api_version, kind) is resource
    assert SCHEME.find(group, plural) is not None


@pytest.mark.parametrize("path", [("", "v1", "gadgets"), ("", "v2", "pods"), ("nope", "v1", "pods"), ("", "v1", "")])
def test_what_is_not_served_is_none(path: tuple[str, str, str]) -> None:
    assert SCHEME.resource(*path) is None


def test_every_resource_has_a_schema_with_type_and_metadata() -> None:
    for resource in SCHEME.by_path.values():
        if "list" in resource.verbs:
            assert {"kind", "apiVersion", "metadata"} <= set(resource.schema.properties), resource.plural


def test_paths_and_keys() -> None:
    pods = SCHEME.resource("", "v1", "pods")
    deployments = SCHEME.resource("apps", "v1", "deployments")
    assert pods is not None
    assert deployments is not None
    assert pods.path("a", "b") == "/api/v1/namespaces/a/pods/b"
    assert deployments.path("a") == "/apis/apps/v1/namespaces/a/deployments"
    assert (pods.group_resource, deployments.group_resource) == ("pods", "deployments.apps")
    assert pods.key("a", "b").startswith(pods.storage_prefix)
    assert pods.key("a", "b") != deployments.key("a", "b")


def test_versions_are_ordered_as_discovery_shows_them() -> None:
    names = ["foo1", "v1alpha1", "v2", "v1beta2", "v10", "v1beta10", "v1"]
    assert sorted(names, key=version_priority) == ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo1"]


def test_a_removed_resource_is_not_served() -> None:
    scheme = Scheme()
    pods = scheme.resource("", "v1", "pods")
    assert pods is not None
    scheme.remove(pods)
    assert scheme.resource("", "v1", "pods") is None
    scheme.add(pods)
    assert scheme.resource("", "v1", "pods") is pods

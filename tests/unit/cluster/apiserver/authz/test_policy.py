"""The bootstrap policy."""

from __future__ import annotations

from pilothouse.cluster.apiserver.authz.policy import bootstrap_policy


def test_the_text_is_read_into_roles_and_bindings() -> None:
    objects = {(obj["kind"], obj["metadata"]["name"]): obj for obj in bootstrap_policy()}
    admin = objects["ClusterRole", "cluster-admin"]
    assert admin["rules"] == [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ]  # fmt: skip
    assert objects["ClusterRole", "view"]["aggregationRule"] and "roleRef" in objects["ClusterRoleBinding", "cluster-admin"]
    discovery = objects["ClusterRoleBinding", "system:public-info-viewer"]
    assert {"system:authenticated", "system:unauthenticated"} == {subject["name"] for subject in discovery["subjects"]}

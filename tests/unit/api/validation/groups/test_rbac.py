"""Rules of Roles and their bindings."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.rbac import role, role_binding, role_binding_update

_GROUP = "rbac.authorization.k8s.io"
_REF = {"apiGroup": _GROUP, "kind": "ClusterRole", "name": "r"}


@pytest.mark.parametrize(
    ("obj", "paths"),
    [
        ({"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}]}, []),
        ({"rules": [{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["a"]}]}, ["rules[0].nonResourceURLs"]),
        ({"rules": [{}]}, ["rules[0].verbs", "rules[0].apiGroups", "rules[0].resources"]),
        ({"aggregationRule": {}}, ["aggregationRule.clusterRoleSelectors"]),
        ({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a b": "c"}}]}},
         ["aggregationRule.clusterRoleSelectors[0].matchLabels", "aggregationRule.clusterRoleSelectors[0]"]),
    ],
)  # fmt: skip
def test_roles(obj: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in role({"kind": "ClusterRole", **obj})] == paths


@pytest.mark.parametrize(
    ("obj", "paths"),
    [
        ({"subjects": [{"kind": "ServiceAccount", "name": "a"}]}, ["subjects[0].namespace"]),
        ({"subjects": [{"kind": "ServiceAccount", "name": "A", "namespace": "n", "apiGroup": "x"}]},
         ["subjects[0].name", "subjects[0].apiGroup"]),
        ({"roleRef": {"kind": "Role", "name": "a/b"}}, ["roleRef.apiGroup", "roleRef.kind", "roleRef.name"]),
    ],
)  # fmt: skip
def test_bindings(obj: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in role_binding({"kind": "ClusterRoleBinding", "roleRef": _REF, **obj})] == paths


def test_the_role_of_a_binding_stays() -> None:
    (error,) = role_binding_update({"roleRef": _REF}, {"roleRef": {**_REF, "name": "other"}})
    assert error.text().endswith("cannot change roleRef")

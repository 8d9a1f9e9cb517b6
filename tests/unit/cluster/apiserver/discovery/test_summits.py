"""Documents above group versions."""

from __future__ import annotations

import pytest

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.discovery.summits import summit, summit_names


def test_there_is_one_for_each_group() -> None:
    names = summit_names(Scheme())
    assert {"api", "apis", "apis/apps", "version", "openid/v1/jwks"} <= set(names)
    assert "apis/" not in names


@pytest.mark.parametrize(
    ("name", "path", "operation"),
    [
        ("api", "/api/", "getCoreAPIVersions"),
        ("apis", "/apis/", "getAPIVersions"),
        ("apis/apps", "/apis/apps/", "getAppsAPIGroup"),
        ("apis/rbac.authorization.k8s.io", "/apis/rbac.authorization.k8s.io/", "getRbacAuthorizationAPIGroup"),
        ("version", "/version/", "getCodeVersion"),
    ],
)
def test_each_describes_one_path(name: str, path: str, operation: str) -> None:
    paths, _ = summit(name)
    assert list(paths) == [path]
    assert paths[path]["get"]["operationId"] == operation

"""The restricted checks, by what they say."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.podsecurity import restricted
from pilothouse.cluster.apiserver.admission.podsecurity.violations import Check


def _spec(*contexts: dict[str, Any], pod: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    found = [{"name": f"c{index}", "securityContext": context} for index, context in enumerate(contexts)]
    return {"containers": found, "securityContext": pod or {}, **fields}


@pytest.mark.parametrize(
    ("check", "spec", "text"),
    [
        (
            restricted.allow_privilege_escalation, _spec({}, {"allowPrivilegeEscalation": False}),
            'allowPrivilegeEscalation != false (container "c0" must set securityContext.allowPrivilegeEscalation=false)',
        ),
        (
            restricted.capabilities,
            _spec({"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}, {"capabilities": {"add": ["CHOWN"]}}),
            ('unrestricted capabilities (container "c1" must set securityContext.capabilities.drop=["ALL"]; '
            'container "c1" must not include "CHOWN" in securityContext.capabilities.add)'),
        ),
        (
            restricted.restricted_volumes,
            {"volumes": [{"name": "n", "nfs": {}}, {"name": "h", "hostPath": {}}, {"name": "e", "emptyDir": {}}]},
            'restricted volume types (volumes "n", "h" use restricted volume types "hostPath", "nfs")',
        ),
        (
            restricted.run_as_non_root, _spec({}, {"runAsNonRoot": True}),
            'runAsNonRoot != true (pod or container "c0" must set securityContext.runAsNonRoot=true)',
        ),
        (
            restricted.run_as_non_root, _spec({"runAsNonRoot": False}, pod={"runAsNonRoot": False}),
            'runAsNonRoot != true (pod and container "c0" must not set securityContext.runAsNonRoot=false)',
        ),
        (restricted.run_as_user, _spec({}, pod={"runAsUser": 0}), "runAsUser=0 (pod must not set runAsUser=0)"),
        (
            restricted.seccomp_is_set, _spec({}, {"seccompProfile": {"type": "Localhost"}}),
            ('seccompProfile (pod or container "c0" must set securityContext.seccompProfile.type to '
             '"RuntimeDefault" or "Localhost")'),
        ),
        (
            restricted.seccomp_is_set, _spec({"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (container "c0" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
    ],
)  # fmt: skip
def test_offences(check: Check, spec: dict[str, Any], text: str) -> None:
    found = check(spec, {})
    assert found is not None and found.text() == text


def test_what_a_pod_says_holds_for_its_containers() -> None:
    spec = _spec({}, pod={"runAsNonRoot": True, "runAsUser": 1, "seccompProfile": {"type": "RuntimeDefault"}})
    for check in (restricted.run_as_non_root, restricted.run_as_user, restricted.seccomp_is_set):
        assert check(spec, {}) is None


def test_windows_and_own_users_excuse() -> None:
    check = restricted.unless_windows(restricted.allow_privilege_escalation)
    assert check(_spec({}), {}) is not None and check(_spec({}, os={"name": "windows"}), {}) is None
    check = restricted.unless_own_users(restricted.run_as_user)
    assert check(_spec({"runAsUser": 0}), {}) is not None and check(_spec({"runAsUser": 0}, hostUsers=False), {}) is None

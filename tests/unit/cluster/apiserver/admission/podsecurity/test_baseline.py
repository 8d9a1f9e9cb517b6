"""The baseline checks, by what they say."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.podsecurity import baseline
from pilothouse.cluster.apiserver.admission.podsecurity.violations import Check


def _container(name: str = "c", **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


def _spec(*contexts: dict[str, Any], pod: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    found = [_container(f"c{index}", securityContext=context) for index, context in enumerate(contexts)]
    return {"containers": found, **({"securityContext": pod} if pod else {}), **fields}


@pytest.mark.parametrize(
    ("check", "spec", "text"),
    [
        (
            baseline.app_armor_profile,
            _spec({"appArmorProfile": {"type": "Unconfined"}}, pod={"appArmorProfile": {"type": "Odd"}}),
            ("forbidden AppArmor profiles (pod and container \"c0\" must not set AppArmor profile type to "
            "\"Odd\", \"Unconfined\")"),
        ),
        (
            baseline.capabilities,
            _spec({"capabilities": {"add": ["NET_RAW", "CHOWN"]}}, {"capabilities": {"add": ["BPF"]}}),
            ('non-default capabilities (containers "c0", "c1" must not include "BPF", "NET_RAW" in '
            "securityContext.capabilities.add)"),
        ),
        (baseline.host_namespaces, {"hostIPC": True, "hostPID": True}, "host namespaces (hostPID=true, hostIPC=true)"),
        (
            baseline.host_path_volumes,
            {"volumes": [{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {}}, {"name": "e", "emptyDir": {}}]},
            'hostPath volumes (volumes "a", "b")',
        ),
        (
            baseline.host_ports,
            {"containers": [_container(ports=[{"hostPort": 80}, {"hostPort": 443}, {"containerPort": 1}])]},
            'hostPort (container "c" uses hostPorts 443, 80)',
        ),
        (
            baseline.host_probes,
            {"containers": [_container(livenessProbe={"httpGet": {"host": "1.2.3.4"}},
                                       lifecycle={"preStop": {"tcpSocket": {"host": "h"}}})]},
            'probe or lifecycle host (container "c" uses probe or lifecycle hosts "1.2.3.4", "h")',
        ),
        (
            baseline.privileged,
            {"initContainers": [_container("i", securityContext={"privileged": True})]},
            'privileged (container "i" must not set securityContext.privileged=true)',
        ),
        (
            baseline.proc_mount_of_own_users,
            _spec({"procMount": "Unmasked"}),
            'procMount (container "c0" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            baseline.se_linux_options("container_engine_t"),
            _spec({"seLinuxOptions": {"type": "x", "role": "r"}}, pod={"seLinuxOptions": {"type": "y"}}),
            ('seLinuxOptions (pod and container "c0" set forbidden securityContext.seLinuxOptions: types "x", "y"; '
            "role may not be set)"),
        ),
        (
            baseline.seccomp_profile,
            _spec({}, pod={"seccompProfile": {"type": "Unconfined"}}),
            'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (baseline.sysctls("a"), _spec(pod={"sysctls": [{"name": "a"}, {"name": "b"}]}), "forbidden sysctls (b)"),
        (
            baseline.windows_host_process,
            _spec({"windowsOptions": {"hostProcess": True}}),
            'hostProcess (container "c0" must not set securityContext.windowsOptions.hostProcess=true)',
        ),
    ],
)  # fmt: skip
def test_offences(check: Check, spec: dict[str, Any], text: str) -> None:
    found = check(spec, {})
    assert found is not None and found.text() == text
    assert check(_spec({}), {}) is None


def test_annotations_of_old_versions_count_as_well() -> None:
    notes = {
        "container.apparmor.security.beta.kubernetes.io/c0": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/c0": "unconfined",
        "seccomp.security.alpha.kubernetes.io/pod": "localhost/x",
    }
    found = baseline.app_armor_profile(_spec({}), notes)
    assert found is not None and found.text() == (
        'forbidden AppArmor profile (annotation must not set AppArmor profile type to '
        '"container.apparmor.security.beta.kubernetes.io/c0="unconfined"")'
    )  # fmt: skip
    found = baseline.seccomp_annotations(_spec({}), notes)
    assert found is not None
    assert found.detail == 'forbidden annotation container.seccomp.security.alpha.kubernetes.io/c0="unconfined"'


def test_a_pod_with_users_of_its_own_may_see_all_of_proc() -> None:
    assert baseline.proc_mount_of_own_users(_spec({"procMount": "Unmasked"}, hostUsers=False), {}) is None

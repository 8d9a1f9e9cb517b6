"""Warnings about Pods."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.findings.warnings.pods import pod_warnings


def _spec(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", **container}]}


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        (_spec(), []),
        ({"nodeSelector": {"beta.kubernetes.io/os": "linux", "a": "b"}},
         ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead']),
        ({"topologySpreadConstraints": [{"topologyKey": "failure-domain.beta.kubernetes.io/zone"}]},
         [("spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; "
          'use "topology.kubernetes.io/zone" instead'),
          "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"]),
        ({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": {}}]}}},
         [("spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: "
          "a null labelSelector results in matching no pod")]),
        ({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "glusterfs": {}}]},
         ["spec.volumes[1].glusterfs: deprecated in v1.25, non-functional in v1.26+"]),
        ({"volumes": [{"projected": {"sources": [{"serviceAccountToken": {"path": "token"}},
                                                 {"secret": {"items": [{"path": "token"}]}}]}}]},
         ['spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "token"']),
        ({"hostAliases": [{"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}]}, ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"']),
        ({"imagePullSecrets": [{"name": "a"}, {"name": "a"}, {}]},
         ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""']),
        ({"terminationGracePeriodSeconds": -1},
         ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"]),
        (_spec(resources={"limits": {"memory": "1500m", "cpu": "1500m"}}),
         ['spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer']),
        (_spec(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}, {"name": "A", "value": "3"}]),
         ['spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply']),
        (_spec(ports=[{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"},
                      {"containerPort": 80, "protocol": "UDP"}]),
         ["spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]"]),
        (_spec(ports=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 80, "hostPort": 80, "hostIP": "1.1.1.1"}]),
         ["spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]"]),
        (_spec(ports=[{"containerPort": 80, "hostIP": "1.1.1.1"}]),
         [("spec.containers[0].ports[0]: hostIP set without hostPort: "
          "{Name: HostPort:0 ContainerPort:80 Protocol: HostIP:1.1.1.1}")]),
    ],
)  # fmt: skip
def test_specs(spec: dict[str, Any], texts: list[str]) -> None:
    assert list(pod_warnings({"spec": spec})) == texts


def test_annotations_that_became_fields_are_named_at_their_path() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/c"
    pod = {"metadata": {"annotations": {key: "x", "seccomp.security.alpha.kubernetes.io/pod": "y"}}, "spec": _spec()}
    seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'
    armor = 'deprecated since v1.30; use the "appArmorProfile" field instead'
    assert list(pod_warnings(pod)) == [f"metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: {seccomp}"]
    assert list(pod_warnings(pod, "spec.template"))[1] == f"spec.template.metadata.annotations[{key}]: {armor}"

"""Every place where a Pod or a volume names another object."""

from __future__ import annotations

from pilothouse.cluster.apiserver.authz.references import pod_references, volume_claim, volume_secrets

CONTAINER = {
    "env": [{"valueFrom": {"secretKeyRef": {"name": "s1"}}}, {"valueFrom": {"configMapKeyRef": {"name": "c1"}}}, {"value": "x"}],
    "envFrom": [{"secretRef": {"name": "s2"}}, {"configMapRef": {"name": "c2"}}],
}
POD = {
    "metadata": {"name": "p", "namespace": "ns"},
    "spec": {
        "serviceAccountName": "robot", "imagePullSecrets": [{"name": "s3"}], "containers": [CONTAINER],
        "initContainers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "s4"}}}]}],
        "ephemeralContainers": [{"envFrom": [{"secretRef": {"name": "s5"}}]}],
        "volumes": [
            {"name": "a", "secret": {"secretName": "s6"}}, {"name": "b", "configMap": {"name": "c3"}},
            {"name": "c", "projected": {"sources": [{"secret": {"name": "s7"}}, {"configMap": {"name": "c4"}}]}},
            {"name": "d", "csi": {"nodePublishSecretRef": {"name": "s8"}}}, {"name": "e", "rbd": {"secretRef": {"name": "s9"}}},
            {"name": "f", "persistentVolumeClaim": {"claimName": "v1"}}, {"name": "g", "ephemeral": {"volumeClaimTemplate": {}}},
            {"name": "h", "azureFile": {"secretName": "s10"}}, {"name": "i", "emptyDir": {}},
        ],
        "resourceClaims": [{"name": "x", "resourceClaimName": "r1"}, {"name": "y", "resourceClaimTemplateName": "t"}],
    },
    "status": {"resourceClaimStatuses": [{"name": "y", "resourceClaimName": "r2"}]},
}  # fmt: skip


def test_all_references_of_a_pod() -> None:
    wanted = {("pods", "p"), ("serviceaccounts", "robot"), ("persistentvolumeclaims", "v1"), ("persistentvolumeclaims", "p-g")}
    wanted |= {("secrets", f"s{number}") for number in range(1, 11)} | {("configmaps", f"c{number}") for number in range(1, 5)}
    wanted |= {("resourceclaims", "r1"), ("resourceclaims", "r2")}
    assert pod_references(POD) == {(plural, "ns", name) for plural, name in wanted}


def test_a_mirror_pod_refers_to_itself_alone() -> None:
    meta = {"name": "p", "namespace": "ns", "annotations": {"kubernetes.io/config.mirror": "h"}}
    assert pod_references({**POD, "metadata": meta}) == {("pods", "ns", "p")}
    assert pod_references({"metadata": {"name": "p", "namespace": "ns"}}) == {("pods", "ns", "p")}


def test_volumes() -> None:
    claim = {"namespace": "ns", "name": "v1"}
    found = {"spec": {"claimRef": claim, "azureFile": {"secretName": "s1"}, "csi": {"nodeExpandSecretRef": {"name": "s2"}}}}
    assert volume_claim(found) == ("persistentvolumeclaims", "ns", "v1")
    assert volume_secrets(found) == {("secrets", "ns", "s1"), ("secrets", "ns", "s2")}
    assert volume_claim({"spec": {}}) is None and volume_secrets({}) == frozenset()

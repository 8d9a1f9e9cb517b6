"""Which kinds are looked at, and when."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.findings.warnings import custom_warnings, warnings_of

DOTS = "can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
LATER = "will be considered invalid in a future Kubernetes release: use"
TEMPLATE = {"spec": {"terminationGracePeriodSeconds": -1}}
GRACE = "terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"


def _object(name: str = "a", generation: int = 1, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "generation": generation}, **fields}


@pytest.mark.parametrize(
    ("group", "kind", "obj", "texts"),
    [
        ("", "Pod", _object("a.b", spec={}), [f"metadata.name: this is used in the Pod's hostname, which {DOTS}"]),
        ("apps", "Deployment", _object("a.b", spec={"template": TEMPLATE}),
         [f"metadata.name: this is used in Pod names and hostnames, which {DOTS}", f"spec.template.spec.{GRACE}"]),
        ("apps", "DaemonSet", _object("a.b", spec={}), []),
        ("batch", "CronJob", _object(spec={"schedule": "TZ=UTC 0 0 * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}}),
         [f"spec.jobTemplate.spec.template.spec.{GRACE}",
          ("CRON_TZ or TZ used in spec.schedule is not officially supported, see "
          "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")]),
        ("", "PodTemplate", _object(template=TEMPLATE), [f"template.spec.{GRACE}"]),
        ("node.k8s.io", "RuntimeClass", _object(scheduling={"nodeSelector": {"app.kubernetes.io/created-by": "x"}}),
         ["scheduling.nodeSelector: deprecated since v1.9"]),
        ("networking.k8s.io", "NetworkPolicy", _object(spec={"ingress": [{"from": [{"ipBlock": {"cidr": "10.1.0.0/8"}}]}]}),
         [('spec.ingress[0].from[0].ipBlock.cidr: CIDR value "10.1.0.0/8" is ambiguous in this context '
          '(should be "10.0.0.0/8" or "10.1.0.0/32"?)')]),
        ("", "ConfigMap", _object("a.b"), []),
        ("", "Endpoints", _object(subsets=[{"notReadyAddresses": [{"ip": "01.2.3.4"}]}]),
         [f'subsets[0].notReadyAddresses[0].ip: non-standard IP address "01.2.3.4" {LATER} "1.2.3.4"']),
        ("discovery.k8s.io", "EndpointSlice", _object(addressType="FQDN", endpoints=[{"addresses": ["a.b"]}]),
         ["spec.addressType: FQDN endpoints are deprecated"]),
        ("", "Node", _object(spec={"externalID": "a", "configSource": {}}),
         ["spec.configSource: the feature is removed",
          "spec.externalID: this field is deprecated, and is unused by Kubernetes"]),
    ],
)  # fmt: skip
def test_new_objects(group: str, kind: str, obj: dict[str, Any], texts: list[str]) -> None:
    assert warnings_of(group, kind, obj, None) == texts


def test_changed_objects_are_looked_at_when_their_spec_changed() -> None:
    old, new = _object("a.b", spec={"template": TEMPLATE}), _object("a.b", 2, spec={"template": TEMPLATE})
    assert warnings_of("apps", "Deployment", new, old) == [f"spec.template.spec.{GRACE}"]
    assert warnings_of("apps", "Deployment", old, old) == []
    assert warnings_of("", "Pod", _object("a.b", spec=TEMPLATE["spec"]), old) == []
    note = {"metadata": {"annotations": {"kubernetes.io/ingress.class": "n"}}}
    assert len(warnings_of("networking.k8s.io", "Ingress", note, None)) == 1
    assert warnings_of("networking.k8s.io", "Ingress", note, note) == []


def test_what_controllers_write_is_not_looked_at() -> None:
    labels = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    found = {"metadata": {"labels": labels}, "addressType": "IPv4", "endpoints": [{"addresses": ["01.2.3.4"]}]}
    assert warnings_of("discovery.k8s.io", "EndpointSlice", found, None) == []
    assert len(warnings_of("discovery.k8s.io", "EndpointSlice", {**found, "metadata": {}}, found)) == 1


def test_an_account_that_gains_a_deprecated_annotation() -> None:
    noted = {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}
    assert len(warnings_of("", "ServiceAccount", noted, {"metadata": {}})) == 1
    assert warnings_of("", "ServiceAccount", noted, noted) == []


def test_finalizers_that_custom_objects_gain_have_a_domain() -> None:
    obj = {"metadata": {"finalizers": ["mine", "a.com/b", "orphan", "before"]}}
    assert custom_warnings(obj, {"metadata": {"finalizers": ["before"]}}) == [
        (
            'metadata.finalizers: "mine": prefer a domain-qualified finalizer name including a path (/) to avoid accidental '
            "conflicts with other finalizer writers"
        )
    ]
    assert custom_warnings({"metadata": {}}, None) == []

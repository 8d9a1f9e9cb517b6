"""The official client, connected by the kubeconfig. Run: pip install pilothouse pytest; pytest"""

from datetime import UTC, datetime

import pytest
from kubernetes import client, config

from previews import EXPIRES, sweep

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def core(control_plane):
    return client.CoreV1Api(config.new_client_from_config(control_plane.kubeconfig))


def preview(name, expires):
    metadata = {"name": name, "labels": {"preview": ""}, "annotations": {EXPIRES: expires}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def test_what_has_expired_goes_with_all_that_is_in_it(control_plane, core):
    control_plane.apply([preview("old", "2026-07-01T11:59:00Z"), preview("new", "2026-07-01T12:01:00Z")])
    control_plane.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page", "namespace": "old"}})
    assert sweep(core, NOON) == ["old"]
    control_plane.wait_for("namespace", "old", "delete")
    assert control_plane.list("configmaps", "old") == []
    assert control_plane.get("namespace", "new")["status"]["phase"] == "Active"


def test_what_holds_a_namespace_back_is_seen(control_plane, core):
    control_plane.apply(preview("held", "2026-07-01T00:00:00Z"))
    hook = {"name": "hook", "namespace": "held", "finalizers": ["example.com/backup"]}
    control_plane.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": hook})
    sweep(core, NOON)
    control_plane.wait_for("namespace", "held", "NamespaceFinalizersRemaining")
    control_plane.patch("configmap", "hook", {"metadata": {"finalizers": None}}, "held")
    control_plane.wait_for("namespace", "held", "delete")

"""Entries of status.resources."""

from pilothouse.delivery.gitops.engine.compare import Compared, resource_status


def test_only_what_is_known_is_shown() -> None:
    tree = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    entry = resource_status(Compared("x", "OutOfSync", "Degraded", "no Pods", tree, requires_pruning=True, wave=2, confirms=True))
    assert entry == {
        "group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync",
        "health": {"status": "Degraded", "message": "no Pods"}, "requiresPruning": True, "syncWave": 2,
        "requiresDeletionConfirmation": True,
    }  # fmt: skip
    assert "health" not in resource_status(Compared("x", "Synced", "", "", tree))

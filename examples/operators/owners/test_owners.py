"""The operator runs inside the test's process: a quarter of a second a test. Run: pip install pilothouse pytest; pytest"""

from pathlib import Path

import pytest
from kopf.testing import KopfRunner

OPERATOR = str(Path(__file__).parent / "owners.py")


@pytest.fixture(autouse=True)
def operator(control_plane, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", control_plane.kubeconfig)
    with KopfRunner(["run", "--all-namespaces", "--standalone", OPERATOR], timeout=20) as runner:
        yield
    assert runner.exit_code == 0


def owned_by(team):
    return lambda namespace: namespace["metadata"]["labels"].get("owner") == team


def namespace(**annotations):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "annotations": annotations}}


def test_the_owner_is_the_team(control_plane):
    control_plane.apply(namespace(**{"example.com/team": "sales"}))
    control_plane.wait_for("namespace", "shop", owned_by("sales"))


def test_the_owner_follows_the_team(control_plane):
    control_plane.apply(namespace())
    control_plane.wait_for("namespace", "shop", owned_by("nobody"))
    control_plane.apply(namespace(**{"example.com/team": "sales"}))
    control_plane.wait_for("namespace", "shop", owned_by("sales"))

"""The operator runs as in production, against a control plane of each test's own. Run: pip install pilothouse pytest; pytest"""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEBSITE = {"apiVersion": "example.com/v1", "kind": "Website", "metadata": {"name": "shop"}, "spec": {"image": "shop:1"}}
pytestmark = pytest.mark.control_plane(crds=[HERE / "website.yaml"], nodes=1)


@pytest.fixture
def operator(control_plane):
    kopf = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "--standalone"]
    return control_plane.start_program(*kopf, str(HERE / "websites.py"))


def test_a_website_becomes_a_deployment(control_plane, operator):
    control_plane.apply(WEBSITE)
    control_plane.wait_for("deployment", "shop", "Available")
    control_plane.patch("website", "shop", {"spec": {"replicas": 3}})
    control_plane.wait_for("deployment", "shop", "jsonpath=.status.readyReplicas=3")


def test_the_deployment_goes_with_the_website(control_plane, operator):
    control_plane.apply(WEBSITE)
    control_plane.wait_for("deployment", "shop", "Available")
    control_plane.delete("website", "shop")
    control_plane.wait_for("deployment", "shop", "delete")


@pytest.mark.parametrize("plan", ["conflicts", "lost-answers", "watches-cut"])
def test_it_gets_there_whatever_happens(control_plane, operator, plan):
    control_plane.inject(plan)
    control_plane.apply(WEBSITE)
    control_plane.wait_for("deployment", "shop", "Available")
    control_plane.wait_for("website", "shop", "jsonpath=.status.image=shop:1")

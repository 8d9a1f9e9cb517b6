"""Objects of manifests: identity, ownership, what is removed and when."""

import pytest

from pilothouse.delivery.charts.release.engine.objects import (
    Owner,
    batches,
    identity_of,
    in_removal_order,
    is_kept,
    owned,
    ownership_problem,
    read_objects,
    removed,
)
from pilothouse.delivery.charts.release.errors import ReleaseRefused

TWO = """---
# Source: c/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {v: "1"}
---
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 2}}
"""
OWNER = Owner("web", "n")


def test_manifests_are_read() -> None:
    first, second = read_objects(TWO)
    assert first["data"] == {"v": "1"}
    assert second["spec"] == {"replicas": 2}
    assert type(second["spec"]["replicas"]) is int
    assert identity_of(second).group == "apps"
    assert [len(batch) for batch in batches([first, first, second])] == [2, 1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: X", "apiVersion not set"),
        ("[1]", "does not hold an object"),
        ("a: b: c", "is not YAML"),
        ("metadata: {labels: 7}", "labels is no map"),
    ],
)
def test_what_is_no_object_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ReleaseRefused, match=problem):
        read_objects(f"---\n# Source: c/templates/x.yaml\n{text}\n")


def test_ownership() -> None:
    tree = read_objects(TWO)[0]
    assert "missing key" in ownership_problem(tree, OWNER)
    mine = owned(tree, OWNER)
    assert ownership_problem(mine, OWNER) == ""
    assert 'key "meta.helm.sh/release-name" must equal "other"' in ownership_problem(mine, Owner("other", "n"))
    assert "labels" not in tree["metadata"], "the argument stays as it is"


def test_removal() -> None:
    first, second = read_objects(TWO)
    newer = {**second, "apiVersion": "apps/v2"}
    assert removed([first, second], [newer]) == [first], "another version is the same object"
    kinds = [{"kind": kind} for kind in ("Namespace", "Secret", "Deployment", "Own", "ValidatingWebhookConfiguration")]
    order = [tree["kind"] for tree in in_removal_order(kinds)]
    assert order == ["ValidatingWebhookConfiguration", "Deployment", "Secret", "Namespace", "Own"]
    assert is_kept({"metadata": {"annotations": {"helm.sh/resource-policy": " Keep "}}})

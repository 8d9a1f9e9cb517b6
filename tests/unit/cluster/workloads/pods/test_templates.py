"""From templates to Pods."""

from pilothouse.cluster.workloads.pods import pod_from_template, template_hash

TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "app:1"}]}}
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web", "namespace": "ns", "uid": "u"}}


def test_a_pod_belongs_to_its_owner() -> None:
    pod = pod_from_template(TEMPLATE, OWNER, labels={"extra": "yes"})
    assert pod["metadata"]["generateName"] == "web-"
    assert pod["metadata"]["labels"] == {"app": "a", "extra": "yes"}
    assert pod["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert pod_from_template(TEMPLATE, OWNER, name="db-0")["metadata"]["name"] == "db-0"


def test_the_hash_changes_with_the_template_and_with_collisions() -> None:
    hashes = {template_hash(TEMPLATE), template_hash({**TEMPLATE, "spec": {}}), template_hash(TEMPLATE, 1)}
    assert len(hashes) == 3
    assert all(len(each) == 10 for each in hashes)

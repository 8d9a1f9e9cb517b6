"""Which volume a claim gets."""

from typing import Any

from pilothouse.cluster.workloads.volumes import engine


def claim(size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    base = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": "c"}
    return {"metadata": {"name": "data", "namespace": "ns", "uid": "u"}, "spec": {**base, **spec}}


def volume(name: str, size: str, **spec: Any) -> dict[str, Any]:
    base = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "c"}
    return {"metadata": {"name": name}, "spec": {**base, **spec}}


def chosen(tree: dict[str, Any], *volumes: dict[str, Any]) -> str:
    found = engine.find_volume(tree, list(volumes))
    return found["metadata"]["name"] if found else ""


def test_the_smallest_that_fits() -> None:
    assert chosen(claim(), volume("big", "10Gi"), volume("small", "512Mi"), volume("fit", "2Gi")) == "fit"


def test_class_mode_and_selector_must_match() -> None:
    assert chosen(claim(), volume("v", "2Gi", storageClassName="other")) == ""
    assert chosen(claim(accessModes=["ReadWriteMany"]), volume("v", "2Gi")) == ""
    labelled = volume("v", "2Gi")
    labelled["metadata"]["labels"] = {"disk": "ssd"}
    assert chosen(claim(selector={"matchLabels": {"disk": "ssd"}}), volume("w", "2Gi"), labelled) == "v"


def test_a_reserved_volume_wins_and_is_not_given_away() -> None:
    reserved = volume("v", "10Gi", claimRef={"namespace": "ns", "name": "data"})
    assert chosen(claim(), volume("w", "1Gi"), reserved) == "v"
    assert chosen(claim(), volume("v", "10Gi", claimRef={"namespace": "ns", "name": "else"})) == ""


def test_provisioned_volume_names_its_claim() -> None:
    made = engine.provisioned_volume(claim(), {"metadata": {"name": "c"}}, "/data/pvc-u")
    assert made["metadata"]["name"] == "pvc-u"
    assert made["spec"]["claimRef"]["uid"] == "u"
    assert engine.claims(made, claim())


def test_wait_for_first_consumer() -> None:
    waiting = {"volumeBindingMode": "WaitForFirstConsumer"}
    assert engine.must_wait_for_node(waiting, claim())
    tree = claim()
    tree["metadata"]["annotations"] = {engine.SELECTED_NODE: "n"}
    assert not engine.must_wait_for_node(waiting, tree)

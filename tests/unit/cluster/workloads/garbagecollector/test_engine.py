"""Verdicts on objects whose owners come and go."""

from pilothouse.api.meta import ObjectKey
from pilothouse.cluster.workloads.garbagecollector.engine import judge
from pilothouse.cluster.workloads.garbagecollector.graph import Graph, Node, Owner
from pilothouse.sdk.kinds import POD


def node(uid: str, *owners: str, deleting: bool = False, finalizers: tuple[str, ...] = ()) -> Node:
    references = tuple(Owner("v1", "Pod", name, name, True) for name in owners)
    return Node(uid, POD, ObjectKey("ns", uid), references, deleting, finalizers)


def test_verdicts() -> None:
    graph = Graph()
    child = node("child", "a", "b")
    assert judge(node("free"), {}, graph).action == "keep"
    assert judge(child, {"a": "solid", "b": "solid"}, graph).action == "keep"
    assert judge(child, {"a": "solid", "b": "absent"}, graph).unlink == ("b",)
    gone = judge(child, {"a": "absent", "b": "absent"}, graph)
    assert (gone.action, gone.propagation) == ("delete", "Background")
    assert judge(node("child", "a", deleting=True), {"a": "absent"}, graph).action == "keep"


def test_foreground_goes_down_the_tree() -> None:
    graph = Graph()
    child = node("child", "owner")
    for entry in (node("owner"), child, node("grandchild", "child")):
        graph.put(entry)
    assert judge(child, {"owner": "waiting"}, graph).propagation == "Foreground"
    assert [entry.uid for entry in graph.blocking("owner")] == ["child"]
    assert [entry.uid for entry in graph.remove("owner")] == ["child"]


def test_changed_owners_are_forgotten() -> None:
    graph = Graph()
    graph.put(node("child", "a"))
    graph.put(node("child", "b"))
    assert graph.dependents("a") == []
    assert [entry.uid for entry in graph.dependents("b")] == ["child"]


def test_an_owner_hears_that_a_dependent_blocks_it_no_longer() -> None:
    graph = Graph()
    assert graph.put(node("child", "a", "b")) == []
    assert graph.put(node("child", "b")) == ["a"]
    assert graph.put(node("child", "b")) == []

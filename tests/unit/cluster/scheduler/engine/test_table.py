"""Nodes come and go at reused positions."""

from pilothouse.api.meta import Tree
from pilothouse.cluster.scheduler.engine.podinfo import pod_info
from pilothouse.cluster.scheduler.engine.table import NodeTable


def node(name: str) -> Tree:
    return {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "2", "pods": "10"}}}


def pod(name: str, node_name: str) -> Tree:
    container = {"name": "c", "resources": {"requests": {"cpu": "1"}}, "ports": [{"hostPort": 80, "containerPort": 80}]}
    return {
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"nodeName": node_name, "containers": [container]},
    }


def test_a_node_at_a_reused_position_begins_empty() -> None:
    table = NodeTable()
    table.put_node(node("old"))
    table.put_pod(pod_info(pod("a", "old")))
    assert table.used["cpu"] == [1000] and any(table.port_bits.values())
    table.remove_node("old")
    table.put_node(node("new"))
    assert table.index == {"new": 0}
    assert table.used["cpu"] == [0] and table.used["pods"] == [0] and not any(table.port_bits.values())
    table.remove_pod("a")
    assert table.used["cpu"] == [0]

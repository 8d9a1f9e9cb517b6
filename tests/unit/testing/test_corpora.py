"""Answers to recorded cases, on cases small enough to be seen through."""

from pilothouse.testing.corpora import SKIP, answerer

POD = {"id": "a", "apiVersion": "v1", "kind": "Pod", "name": "a", "namespace": "ns"}


def test_sync_order_asks_the_engine() -> None:
    answer = answerer("sync-order")
    case = {"check": "sync", "options": {"namespace": "ns"}, "resources": [{**POD, "target": True}], "steps": [{"live": []}]}
    (step,) = answer(case)["steps"]
    assert (step["phase"], step["operations"], step["resultCount"]) == ("Succeeded", ["apply a"], 1)
    assert answer({"check": "something new"}) == SKIP


def test_projects_ask_the_engine() -> None:
    given = {"pattern": "!a*", "val": "b", "allowNegation": True}
    assert answerer("project")({"feature": "glob-match", "input": given}) == {"match": True}


def test_diffs_ask_the_engine() -> None:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1"}}
    found = answerer("diff")({"mode": "default", "config": tree, "live": {**tree, "data": {"x": "2"}}})
    assert found["modified"] is True

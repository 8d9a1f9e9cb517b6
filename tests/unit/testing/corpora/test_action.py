"""Answers on actions."""

from pilothouse.testing.corpora import action

TREE = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "w"}, "spec": {"replicas": 1}}


def test_answers() -> None:
    assert [each["name"] for each in action.answer({"type": "discovery", "object": TREE})["actions"]] == ["restart", "scale"]
    scaled = action.answer({"type": "action", "object": TREE, "action": "scale", "params": {"replicas": "2"}})
    assert scaled == {"results": [{"operation": "patch", "changes": [["replace", "/spec/replicas", 2]]}]}
    wrong = action.answer({"type": "action", "object": TREE, "action": "scale", "params": {"replicas": "x"}})
    assert wrong == {"error": "invalid number: x"}

"""Answers on the health of built-in kinds."""

from pilothouse.testing.corpora import builtin_health


def test_the_deletion_rule_comes_first() -> None:
    tree = {"apiVersion": "v1", "kind": "Service"}
    assert builtin_health.answer({"object": tree}) == {"status": "Healthy", "message": ""}
    going = tree | {"metadata": {"deletionTimestamp": "now"}}
    assert builtin_health.answer({"object": going}) == {"status": "Progressing", "message": "Pending deletion"}
    assert builtin_health.answer({"object": {"apiVersion": "v1", "kind": "ConfigMap"}}) is None

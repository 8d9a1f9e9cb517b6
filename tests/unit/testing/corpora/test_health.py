"""Answers on health."""

from pilothouse.testing.corpora import SKIP, builtin_health, health


def test_the_table_answers_for_the_kind_alone() -> None:
    tree = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"deletionTimestamp": "now"}}
    assert health.answer({"object": tree}) == {"status": "Progressing", "message": "Initializing issuer"}
    assert health.answer({"object": {"apiVersion": "v1", "kind": "Pod"}}) == SKIP


def test_builtin_kinds() -> None:
    assert builtin_health.answer({"object": {"apiVersion": "v1", "kind": "Service"}}) == {"status": "Healthy", "message": ""}
    assert builtin_health.answer({"object": {"apiVersion": "v1", "kind": "ConfigMap"}}) is None

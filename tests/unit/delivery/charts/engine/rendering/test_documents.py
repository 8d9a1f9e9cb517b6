"""Documents and the order of kinds; how texts are cut is tested with the manifests."""

from pilothouse.delivery.charts.engine.rendering.documents import kind_rank, split_documents


def test_kinds_in_order_and_unknown_ones_last() -> None:
    kinds = ["Zebra", "Deployment", "Apple", "Namespace", "Service"]
    assert sorted(kinds, key=kind_rank) == ["Namespace", "Service", "Deployment", "Apple", "Zebra"]


def test_empty_documents_are_none() -> None:
    assert split_documents("---\na: 1\n---\nb: 2\n---\n") == ["a: 1", "b: 2"]

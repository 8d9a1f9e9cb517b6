"""Encodings of one object."""

from __future__ import annotations

from pilothouse.cluster.apiserver.watchcache.items import Item, identity, splice


def test_the_revision_is_spliced_into_the_right_metadata() -> None:
    raw = b'{"kind":"X","apiVersion":"v1","metadata":{"name":"a"},"spec":{"metadata":{"name":"b"}}}'
    assert splice(raw, 7) == raw.replace(b'"metadata":{"name":"a"', b'"metadata":{"resourceVersion":"7","name":"a"')


def test_an_item_caches_and_gives_private_copies() -> None:
    item = Item("/registry/core/pods/ns/a", "ns", "a", b'{"metadata":{"name":"a","labels":{"x":"y"}}}', 3, 2)
    assert item.object is item.object and item.object["metadata"]["resourceVersion"] == "3"
    assert item.fresh() is not item.fresh() and item.labels == {"x": "y"}
    assert item.encoding("k", lambda _: b"1") == item.encoding("k", lambda _: b"2") == b"1"


def test_what_an_item_sheds_is_made_again() -> None:
    item = Item("/registry/configmaps/default/a", "default", "a", b'{"metadata":{"name":"a","labels":{"k":"v"}}}', 7, 7)
    before = (item.body, item.labels, item.object)
    assert item.encoding("frame", lambda found: found.body + b"!") == item.body + b"!"
    item.shed()
    assert not item.encodings
    assert (item.body, item.labels, item.object) == before


def test_identity_of_keys() -> None:
    assert identity("/registry/core/pods/", "/registry/core/pods/ns/a") == ("ns", "a")
    assert identity("/registry/core/nodes/", "/registry/core/nodes/n") == ("", "n")

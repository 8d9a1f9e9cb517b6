"""One version of one object, with every encoding that was asked for.

The stored bytes have no resourceVersion, since that exists only after the write; it is spliced in when the object is served.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

_MARK = b'"metadata":{'
Obj = dict[str, Any]


def splice(raw: bytes, revision: int) -> bytes:
    """Return stored bytes with the resourceVersion set; the metadata member comes before any nested one."""
    at = raw.index(_MARK) + len(_MARK)
    comma = b"" if raw[at : at + 1] == b"}" else b","
    return b'%b"resourceVersion":"%d"%b%b' % (raw[:at], revision, comma, raw[at:])


class Item:
    """An object at a revision; treat what it returns as read-only."""

    __slots__ = ("_body", "_labels", "_object", "create_revision", "encodings", "key", "name", "namespace", "raw", "revision")

    def __init__(self, key: str, namespace: str, name: str, raw: bytes, revision: int, create_revision: int) -> None:
        """Keep the stored bytes."""
        self.key, self.namespace, self.name = key, namespace, name
        self.raw, self.revision, self.create_revision = raw, revision, create_revision
        self._object: Obj | None = None
        self._body: bytes | None = None
        self._labels: dict[str, str] | None = None
        self.encodings: dict[Any, bytes] = {}

    @property
    def object(self) -> Obj:
        """The stored version as a tree, with its resourceVersion. Shared: never change it."""
        if self._object is None:
            tree: Obj = orjson.loads(self.raw)
            tree["metadata"]["resourceVersion"] = str(self.revision)
            self._object = tree
        return self._object

    def fresh(self) -> Obj:
        """Return a tree of one's own."""
        tree: Obj = orjson.loads(self.raw)
        tree["metadata"]["resourceVersion"] = str(self.revision)
        return tree

    @property
    def body(self) -> bytes:
        """The stored version as served bytes."""
        if self._body is None:
            self._body = splice(self.raw, self.revision)
        return self._body

    @property
    def labels(self) -> dict[str, str]:
        """The labels."""
        if self._labels is None:
            self._labels = self.object["metadata"].get("labels") or {}
        return self._labels

    def replaced(self, raw: bytes, revision: int) -> Item:
        """Return the same object with other stored bytes, at another revision."""
        return Item(self.key, self.namespace, self.name, raw, revision, self.create_revision)

    def encoding(self, key: Any, make: Callable[[Item], bytes]) -> bytes:
        """Return the bytes cached under `key`, made on first use."""
        found = self.encodings.get(key)
        if found is None:
            found = self.encodings[key] = make(self)
        return found

    def shed(self) -> None:
        """Drop everything that can be made again: only the stored bytes stay."""
        self._object = self._body = self._labels = None
        self.encodings.clear()


def identity(prefix: str, key: str) -> tuple[str, str]:
    """Return (namespace, name) of a key below `prefix`."""
    namespace, _, name = key[len(prefix) :].rpartition("/")
    return namespace, name

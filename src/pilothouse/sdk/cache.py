"""The cache of an informer: objects as bytes, found by key or by index, decoded on every read.

A read returns a fresh tree, so no reader can damage what others see, and an idle cache costs only its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec
import orjson

from pilothouse.api.meta import ObjectKey, Tree, controller_of, labels_of, namespace_of

CONTROLLER, LABELS = "controller", "labels"
IndexFunction = Callable[[Tree], Iterable[str]]
Trees = list[Tree]


class CacheEntry(msgspec.Struct, frozen=True, gc=False):
    """One cached object."""

    key: ObjectKey
    resource_version: str
    raw: bytes
    terms: tuple[tuple[str, str], ...] = ()
    """(index, value) pairs it is found under."""


class Cache:
    """Objects of one kind. `api_version` and `kind` are put back into items of lists, which come without them."""

    def __init__(self, api_version: str, kind: str, indexes: Mapping[str, IndexFunction] | None = None) -> None:
        """Index every object by each function of `indexes`."""
        self._type = {"apiVersion": api_version, "kind": kind}
        self._entries: dict[ObjectKey, CacheEntry] = {}
        self._indexes: dict[str, IndexFunction] = dict(indexes or {})
        self._found: dict[tuple[str, str], dict[ObjectKey, None]] = {}

    def __len__(self) -> int:
        """Number of objects."""
        return len(self._entries)

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Add an index, also over what is cached already; adding it again changes nothing."""
        if name in self._indexes:
            return
        self._indexes[name] = function
        for entry in list(self._entries.values()):
            self._put(CacheEntry(entry.key, entry.resource_version, entry.raw, self._terms(self._decode(entry.raw))))

    def decode(self, raw: bytes) -> Tree:
        """Return the tree of an object's bytes."""
        return self._decode(raw)

    def _decode(self, raw: bytes) -> Tree:
        tree: Tree = orjson.loads(raw)
        return tree if "kind" in tree else {**self._type, **tree}

    def _terms(self, tree: Tree) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, function in self._indexes.items() for value in function(tree))

    def put(self, key: ObjectKey, tree: Tree, raw: bytes) -> CacheEntry | None:
        """Store an object and return the entry it replaces."""
        version = str((tree.get("metadata") or {}).get("resourceVersion", ""))
        return self._put(CacheEntry(key, version, raw, self._terms(tree)))

    def _put(self, entry: CacheEntry) -> CacheEntry | None:
        previous = self._entries.get(entry.key)
        if previous is not None and previous.terms != entry.terms:
            self._forget(previous)
        self._entries[entry.key] = entry
        for term in entry.terms:
            self._found.setdefault(term, {})[entry.key] = None
        return previous

    def _forget(self, entry: CacheEntry) -> None:
        for term in entry.terms:
            keys = self._found.get(term)
            if keys is not None:
                keys.pop(entry.key, None)
                if not keys:
                    del self._found[term]

    def remove(self, key: ObjectKey) -> CacheEntry | None:
        """Drop an object and return its entry."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._forget(entry)
        return entry

    def entry(self, key: ObjectKey) -> CacheEntry | None:
        """Return the stored entry."""
        return self._entries.get(key)

    def keys(self) -> list[ObjectKey]:
        """Return all keys."""
        return list(self._entries)

    def get(self, name: str, namespace: str = "") -> Tree | None:
        """Return one object as a fresh tree."""
        entry = self._entries.get(ObjectKey(namespace, name))
        return None if entry is None else self._decode(entry.raw)

    def list(self, namespace: str | None = None) -> Trees:
        """Return all objects (of a namespace) as fresh trees."""
        return [
            self._decode(entry.raw) for entry in self._entries.values() if namespace is None or entry.key.namespace == namespace
        ]

    def by_index(self, name: str, value: str) -> Trees:
        """Return the objects that index `name` files under `value`."""
        if name not in self._indexes:
            raise KeyError(f"the cache of {self._type['kind']} has no index {name!r}")
        return [self._decode(self._entries[key].raw) for key in self._found.get((name, value), ())]

    def family(self, owner: Tree) -> Trees:
        """Return the objects that `owner` controls, and those of its namespace that nobody does: it may adopt them.

        Needs the index `CONTROLLER`, which makes this independent of how much else there is in the namespace.
        """
        meta = owner["metadata"]
        orphans = _orphans(str(meta.get("namespace", "")))
        return self.by_index(CONTROLLER, str(meta.get("uid", ""))) + self.by_index(CONTROLLER, orphans)

    def selected(self, namespace: str, labels: Mapping[str, str]) -> Trees:
        """Return the objects of a namespace that have all the labels, of which there has to be one; needs the index `LABELS`."""
        terms = [(LABELS, _label(namespace, key, value)) for key, value in labels.items()]
        fewest = min(terms, key=lambda term: len(self._found.get(term, ())))
        found = self.by_index(*fewest)
        wanted = labels.items()
        return [tree for tree in found if wanted <= (tree["metadata"].get("labels") or {}).items()]

    def keys_by_index(self, name: str, value: str) -> Iterator[ObjectKey]:
        """Yield the keys that index `name` files under `value`."""
        yield from self._found.get((name, value), ())


def by_controller(tree: Tree) -> list[str]:
    """Index function of `CONTROLLER`: the uid of the controller, or that there is none in this namespace."""
    reference = controller_of(tree)
    return [str(reference.get("uid", "")) if reference else _orphans(namespace_of(tree))]


def by_label(tree: Tree) -> list[str]:
    """Index function of `LABELS`: every label, in its namespace."""
    namespace = namespace_of(tree)
    return [_label(namespace, key, value) for key, value in labels_of(tree).items()]


def _orphans(namespace: str) -> str:
    return f"nobody in {namespace}"


def _label(namespace: str, key: str, value: str) -> str:
    return f"{namespace}/{key}={value}"


def by_owner_uid(tree: Tree) -> list[str]:
    """Index function: uids of all owners."""
    return [str(reference.get("uid", "")) for reference in (tree.get("metadata") or {}).get("ownerReferences") or ()]


def by_namespace(tree: Tree) -> list[str]:
    """Index function: the namespace."""
    return [str((tree.get("metadata") or {}).get("namespace", ""))]

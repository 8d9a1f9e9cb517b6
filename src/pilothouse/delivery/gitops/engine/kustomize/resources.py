"""Resources while a kustomization is built: each remembers the names it had, so that references to them can be followed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.api.scheme.resources import Resource as KnownKind
from pilothouse.api.scheme.table import Scheme
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid

MAX_RESOURCES = 50_000


class Id(msgspec.Struct, frozen=True):
    """What a resource is called."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str

    def is_same(self, other: Id) -> bool:
        """Whether both name one resource: no namespace is the default one."""
        return (
            (self.group, self.version, self.kind, self.name) == (other.group, other.version, other.kind, other.name)
            and (self.namespace or "default") == (other.namespace or "default")
        )  # fmt: skip

    def __str__(self) -> str:
        """Return it as messages show it."""
        return f"{self.kind}.{self.version}.{self.group or '[noGrp]'}/{self.name}.{self.namespace or '[noNs]'}"


@lru_cache(1)
def _scheme() -> Scheme:
    return Scheme()


@lru_cache(1024)
def known_kind(api_version: str, kind: str) -> KnownKind | None:
    """Return what is known of a built-in kind."""
    return _scheme().kind(api_version, kind)


def text_of(value: Any) -> str:
    """Return a scalar as text, nothing for null."""
    return "" if value is None else str(value)


class Res:
    """One resource."""

    def __init__(self, tree: Tree) -> None:
        """Take over `tree`, which is changed from now on; raises `KustomizationInvalid` when it is no object."""
        meta = tree.get("metadata")
        if not isinstance(meta, dict) and meta is not None:
            raise KustomizationInvalid(f"{tree.get('kind')}: metadata is no map")
        self.tree = tree
        self.original = self.id
        self.earlier: list[Id] = []
        self.prefixes: tuple[str, ...] = ()
        self.suffixes: tuple[str, ...] = ()
        self.needs_hash = False
        self.behavior = ""

    @property
    def meta(self) -> dict[str, Any]:
        """The metadata, made when it is missing."""
        found = self.tree.get("metadata")
        if not isinstance(found, dict):
            found = self.tree["metadata"] = {}
        return found

    @property
    def kind(self) -> str:
        """The kind."""
        return str(self.tree.get("kind") or "")

    @property
    def group(self) -> str:
        """The group."""
        return self.id.group

    @property
    def name(self) -> str:
        """The name it has now."""
        return text_of((self.tree.get("metadata") or {}).get("name"))

    @property
    def namespace(self) -> str:
        """The namespace it has now."""
        return text_of((self.tree.get("metadata") or {}).get("namespace"))

    @property
    def id(self) -> Id:
        """What it is called now."""
        group, _, version = str(self.tree.get("apiVersion") or "").rpartition("/")
        return Id(group, version, self.kind, self.name, self.namespace)

    @property
    def ids(self) -> Iterator[Id]:
        """Everything it was ever called."""
        yield self.original
        yield from self.earlier
        yield self.id

    @property
    def is_cluster_scoped(self) -> bool:
        """Whether its kind is known to have no namespace."""
        known = known_kind(str(self.tree.get("apiVersion") or ""), self.kind)
        return known is not None and not known.namespaced

    def remember(self) -> None:
        """Keep what it is called now, before that changes."""
        if self.id not in self.earlier and self.id != self.original:
            self.earlier.append(self.id)

    def copy(self) -> Res:
        """Return an independent copy."""
        made = Res(copy.deepcopy(self.tree))
        made.original, made.earlier = self.original, list(self.earlier)
        made.prefixes, made.suffixes, made.needs_hash, made.behavior = (
            self.prefixes,
            self.suffixes,
            self.needs_hash,
            self.behavior,
        )
        return made


class Resources(list[Res]):
    """Resources in order."""

    def add(self, res: Res) -> None:
        """Append one; raises `KustomizationInvalid` when it is there already."""
        if any(other.id.is_same(res.id) for other in self if other.name == res.name):
            raise KustomizationInvalid(f"may not add resource with an already registered id: {res.id}", fix="rename one of them")
        if len(self) >= MAX_RESOURCES:
            raise KustomizationInvalid(f"there are more than {MAX_RESOURCES} resources")
        self.append(res)

    def called(self, wanted: Id) -> list[Res]:
        """Return those that are or were called so."""
        return [res for res in self if any(each.is_same(wanted) for each in res.ids)]

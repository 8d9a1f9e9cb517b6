"""What the API promises about objects, as a small plain model: the machine in `test_promises.py` compares the server with it.

An object is a flat mapping of the paths that matter to values. Nothing here knows how the server does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

Path = tuple[str, ...]
Value = str | int | bool
Values = dict[Path, Value]
Changes = dict[Path, Value | None]
Key = tuple[str, str, str]
"""(manager, operation, subresource): who owns fields."""
Tree = dict[str, Any]

LABEL: Path = ("metadata", "labels", "l")
NOTE: Path = ("metadata", "annotations", "n")
FINALIZERS: Path = ("metadata", "finalizers")
REPLICAS: Path = ("spec", "replicas")
PHASE: Path = ("status", "phase")
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
POD_GRACE_S = 30


@dataclass(frozen=True)
class Kind:
    """A kind of object and which of the rules it is under."""

    name: str
    api_version: str
    path: str
    part: str
    """The top-level field whose members are compared."""
    fields: tuple[Path, ...]
    counts_generation: bool = False
    has_status: bool = False
    needs_version: bool = False
    has_grace: bool = False

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Show its name: examples are read by people."""
        printer.text(self.name)


COMMON = (LABEL, NOTE, (*FINALIZERS, "example.com/a"), (*FINALIZERS, "example.com/b"))
MAP = Kind("ConfigMap", "v1", "/api/v1/namespaces/default/configmaps", "data", (*COMMON, ("data", "a"), ("data", "b")))
WIDGET = Kind(
    "Widget", "example.com/v1", "/apis/example.com/v1/namespaces/default/widgets", "spec",
    (*COMMON, ("spec", "a"), ("spec", "b"), REPLICAS, PHASE),
    counts_generation=True, has_status=True, needs_version=True,
)  # fmt: skip
POD = Kind("Pod", "v1", "/api/v1/namespaces/default/pods", "", COMMON, counts_generation=True, has_grace=True)
KINDS = (MAP, WIDGET, POD)


@dataclass(frozen=True)
class Thing:
    """An object, as far as the promises go."""

    values: Values
    generation: int = 0
    is_deleting: bool = False
    grace_s: int | None = None
    owned: dict[Key, frozenset[Path]] = field(default_factory=dict)
    uid: str = ""
    revision: int = 0

    @property
    def finalizers(self) -> set[str]:
        """What keeps it."""
        return {path[2] for path in self.values if path[:2] == FINALIZERS}

    def same(self, other: Thing) -> bool:
        """Whether nothing that is stored differs."""
        return not self.differences(other)

    def differences(self, other: Thing) -> list[str]:
        """Return what differs, but for the revision."""
        both = [(one.name, getattr(self, one.name), getattr(other, one.name)) for one in fields(self) if one.name != "revision"]
        return [f"{name}: {here} instead of {there}" for name, here, there in both if here != there]


class Refused(Exception):
    """The server has to answer with this code."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


def created(kind: Kind, values: Values, key: Key) -> Thing:
    """Return a new object."""
    kept = {path: value for path, value in values.items() if not (kind.has_status and path[0] == "status")}
    return Thing(kept, 1 if kind.counts_generation else 0, owned={key: frozenset(kept)} if kept else {})


def written(kind: Kind, old: Thing, new: Values, key: Key) -> Thing:
    """Return the object after an update or a patch: each endpoint writes its own part, and what changed gets an owner."""
    values = {path: value for path, value in new.items() if _writes(kind, key, path)}
    values |= {path: value for path, value in old.values.items() if not _writes(kind, key, path)}
    changed = {path for path, value in values.items() if old.values.get(path) != value}
    gone = set(old.values) - set(values)
    owned = {other: paths - gone - (changed if other != key else set()) for other, paths in old.owned.items()}
    owned[key] = frozenset(owned.get(key, frozenset()) | changed)
    return _with(kind, old, values, owned)


def scaled(kind: Kind, old: Thing, replicas: int, key: Key) -> Thing:
    """Return the object after a write of its scale; replicas that nobody owned are owned by nobody."""
    new = written(kind, old, {**old.values, REPLICAS: replicas}, key)
    is_owned = any(REPLICAS in paths for paths in old.owned.values())
    return new if is_owned else replace(new, owned=old.owned)


def applied(kind: Kind, old: Thing | None, stated: Values, key: Key, *, force: bool) -> Thing:
    """Return the object after a server-side apply; raises 409 for fields of others."""
    if old is None:
        return created(kind, stated, key)
    others = {other: paths for other, paths in old.owned.items() if other != key}
    taken = {path for path in stated if old.values.get(path) != stated[path]}
    if not force and any(paths & taken for paths in others.values()):
        raise Refused(409)
    shared = {path for paths in others.values() for path in paths}
    dropped = old.owned.get(key, frozenset()) - set(stated) - shared
    values = {path: value for path, value in {**old.values, **stated}.items() if path not in dropped}
    owned = {other: paths - taken for other, paths in others.items()}
    return _with(kind, old, values, {**owned, key: frozenset(stated)})


def _writes(kind: Kind, key: Key, path: Path) -> bool:
    if key[2] == "status":
        return path[0] == "status"
    return not (kind.has_status and path[0] == "status")


def _with(kind: Kind, old: Thing, values: Values, owned: dict[Key, frozenset[Path]]) -> Thing:
    new = replace(old, values=values, owned={key: paths for key, paths in owned.items() if paths})
    if old.is_deleting and new.finalizers - old.finalizers:
        raise Refused(422)
    if kind.counts_generation and _desired(old) != _desired(new):
        new = replace(new, generation=old.generation + 1)
    return new


def _desired(thing: Thing) -> Values:
    return {path: value for path, value in thing.values.items() if path[0] == "spec"}


def is_finished(thing: Thing) -> bool:
    """Whether nothing keeps an object that is being deleted."""
    return thing.is_deleting and not thing.finalizers and not thing.grace_s


def deleted(kind: Kind, old: Thing, policy: str, grace_s: int | None) -> tuple[Thing, bool]:
    """Return (the object after a delete, whether it is gone)."""
    new = replace(old, values=_with_policy(old.values, policy))
    grace = 0
    if kind.has_grace:
        grace = POD_GRACE_S if grace_s is None else grace_s
    if not old.is_deleting:
        new = replace(new, is_deleting=True, grace_s=grace, generation=old.generation + 1 if old.generation else 0)
    elif kind.has_grace and grace_s is not None and grace_s < (old.grace_s or 0):
        new = replace(new, grace_s=grace_s)
    return new, is_finished(new)


def _with_policy(values: Values, policy: str) -> Values:
    if not policy:
        return values
    kept = {path: value for path, value in values.items() if path[:2] != FINALIZERS or path[2] not in (FOREGROUND, ORPHAN)}
    added = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(policy)
    return {**kept, (*FINALIZERS, added): True} if added else kept


def tree_of(kind: Kind, name: str, values: Values) -> Tree:
    """Return an object as a client writes it."""
    tree: Tree = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}}
    if kind is POD:
        tree["spec"] = {"nodeName": "n", "containers": [{"name": "c", "image": "nginx"}]}
    return changed_tree(tree, dict(values))


def changed_tree(tree: Tree, changes: Changes) -> Tree:
    """Return `tree` with some paths set, or taken out where the value is None."""
    for path, value in changes.items():
        if path[:2] == FINALIZERS:
            names = tree["metadata"].get("finalizers") or []
            without = [name for name in names if name != path[2]]
            tree["metadata"]["finalizers"] = without if value is None else names if path[2] in names else [*names, path[2]]
            continue
        node = tree
        for part in path[:-1]:
            node = node.get(part, {}) if value is None else node.setdefault(part, {})
        if value is None:
            node.pop(path[-1], None)
        else:
            node[path[-1]] = value
    return tree


def has_map(tree: Tree, path: Path) -> bool:
    """Whether the map of a field is there; a merge patch makes an empty one where it takes something out."""
    for part in path[:-1]:
        tree = tree.get(part, {})
    return bool(tree)


def changed_patch(tree: Tree, changes: Changes) -> Tree:
    """Return the merge patch that makes the changes; lists are stated whole."""
    patch: Tree = {}
    for path, value in changes.items():
        if path[:2] == FINALIZERS:
            whole = changed_tree(tree, {path: value})["metadata"].get("finalizers")
            patch.setdefault("metadata", {})["finalizers"] = whole
            continue
        node = patch
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = value
    return patch


def values_of(kind: Kind, tree: Tree) -> Values:
    """Return the compared paths of an object."""
    meta = tree["metadata"]
    found: Values = {(*FINALIZERS, name): True for name in meta.get("finalizers") or ()}
    for part in ("labels", "annotations"):
        found |= {("metadata", part, key): value for key, value in (meta.get(part) or {}).items()}
    for part in (kind.part, "status" if kind.has_status else ""):
        found |= {(part, key): value for key, value in (tree.get(part) or {}).items()}
    return found


def thing_of(kind: Kind, tree: Tree) -> Thing:
    """Return an object as the model sees it."""
    meta = tree["metadata"]
    return Thing(
        values_of(kind, tree), meta.get("generation", 0), "deletionTimestamp" in meta, meta.get("deletionGracePeriodSeconds"),
        owners_of(kind, tree), meta["uid"], int(meta["resourceVersion"]),
    )  # fmt: skip


def owners_of(kind: Kind, tree: Tree) -> dict[Key, frozenset[Path]]:
    """Return who owns which of the compared paths."""
    found: dict[Key, frozenset[Path]] = {}
    for entry in tree["metadata"].get("managedFields") or ():
        paths = frozenset(path for path in _leaves(entry["fieldsV1"], ()) if _is_compared(kind, path))
        if paths:
            found[entry["manager"], entry["operation"], entry.get("subresource", "")] = paths
    return found


def _is_compared(kind: Kind, path: Path) -> bool:
    if path[0] == "metadata":
        return len(path) == 3 and path[1] in ("labels", "annotations", "finalizers")
    return len(path) == 2 and path[0] in (kind.part, "status" if kind.has_status else kind.part)


def _leaves(fields: Tree, above: Path) -> list[Path]:
    found = []
    for key, below in fields.items():
        if key == ".":
            continue
        path = (*above, key[3:-1] if key.startswith("v:") else key[2:])
        found += _leaves(below, path) or [path]
    return found


def is_about_maps(status: Tree) -> bool:
    """Whether an apply conflicts only about maps and lists that are not there any more, which their owners still own."""
    causes = status.get("details", {}).get("causes") or [{"field": ""}]
    maps = (".data", ".spec", ".status", ".metadata.labels", ".metadata.annotations", ".metadata.finalizers")
    return all(cause.get("field") in maps for cause in causes)

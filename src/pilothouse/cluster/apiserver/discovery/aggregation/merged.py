"""What others serve, as discovery and OpenAPI show it: kept from their last answer, marked Stale when they stop answering."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.scheme.table import version_priority
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.discovery.aggregation.remotes import Remote, Remotes

_NO_KIND = {"group": "", "version": "", "kind": ""}


class Served(msgspec.Struct):
    """What a remote group version serves."""

    resources: list[Obj] = []
    """Rows of aggregated discovery."""
    is_stale: bool = True
    openapi: dict[str, Obj] = {}
    """Rows of its OpenAPI v3 index, by path."""


class Merged:
    """The documents of this server with those of others added."""

    def __init__(self, remotes: Remotes) -> None:
        """Nothing is known of `remotes` yet."""
        self.remotes = remotes
        self.served: dict[str, Served] = {}

    def of(self, remote: Remote) -> Served:
        """Return what is known of a remote."""
        return self.served.setdefault(remote.name, Served())

    def forget(self, name: str) -> None:
        """The APIService is gone."""
        self.served.pop(name, None)

    def _by_group(self) -> dict[str, list[Remote]]:
        out: dict[str, list[Remote]] = {}
        for remote in self.remotes.table.values():
            out.setdefault(remote.group, []).append(remote)
        for found in out.values():
            found.sort(key=lambda remote: (-remote.version_priority, version_priority(remote.version)))
        return out

    def groups(self, own: list[Obj]) -> list[Obj]:
        """Return the groups of legacy discovery, by priority."""
        out = {group["name"]: group for group in own}
        for name, remotes in self._by_group().items():
            if not name:
                continue
            known = out[name]["versions"] if name in out else []
            rows = [{"groupVersion": f"{name}/{remote.version}", "version": remote.version} for remote in remotes]
            versions = [*known, *(row for row in rows if row not in known)]
            out[name] = {"name": name, "versions": versions, "preferredVersion": versions[0]}
        return self._sorted(out)

    def aggregated(self, own: list[Obj], *, is_core: bool) -> list[Obj]:
        """Return the groups of aggregated discovery, by priority."""
        out = {(group["metadata"] or {}).get("name", ""): group for group in own}
        for name, remotes in self._by_group().items():
            if bool(name) is is_core:
                continue
            rows = [self._version(remote) for remote in remotes]
            taken = {row["version"] for row in rows}
            known = [row for row in (out[name]["versions"] if name in out else []) if row["version"] not in taken]
            out[name] = {"metadata": {"name": name} if name else {}, "versions": [*known, *rows]}
        return self._sorted(out)

    def _version(self, remote: Remote) -> Obj:
        found = self.of(remote)
        freshness = "Stale" if found.is_stale else "Current"
        return {"version": remote.version, **({"resources": found.resources} if found.resources else {}), "freshness": freshness}

    def _sorted(self, groups: dict[str, Any]) -> list[Obj]:
        ranks = {**self.remotes.priorities(), "apiregistration.k8s.io": 1 << 20}
        return [groups[name] for name in sorted(groups, key=lambda name: -ranks.get(name, 0))]

    def openapi(self) -> dict[str, Obj]:
        """Return the rows that others add to the OpenAPI v3 index."""
        return {path: row for remote in self.remotes.table.values() for path, row in self.of(remote).openapi.items()}

    def owner(self, document: str) -> Remote | None:
        """Return who serves an OpenAPI v3 document (`apis/group/version`), None when it is ours."""
        for remote in self.remotes.table.values():
            if document in self.of(remote).openapi:
                return remote
        return None


def rows_of(tree: Any, remote: Remote) -> list[Obj]:
    """Return the rows of one group version out of an aggregated discovery document."""
    for group in (tree.get("items") if isinstance(tree, dict) else None) or ():
        if (group.get("metadata") or {}).get("name", "") != remote.group:
            continue
        for version in group.get("versions") or ():
            if version.get("version") == remote.version:
                return [_with_kinds(row) for row in version.get("resources") or ()]
    return []


def _with_kinds(row: Obj) -> Obj:
    out = {**row, "responseKind": row.get("responseKind") or _NO_KIND}
    if row.get("subresources"):
        out["subresources"] = [{**sub, "responseKind": sub.get("responseKind") or _NO_KIND} for sub in row["subresources"]]
    return out


def converted(tree: Any) -> list[Obj]:
    """Return the rows of a legacy discovery document, subresources below what they belong to."""
    out: dict[str, Obj] = {}
    for row in (tree.get("resources") if isinstance(tree, dict) else None) or ():
        name, _, sub = str(row.get("name", "")).partition("/")
        kind = {"group": row.get("group", ""), "version": row.get("version", ""), "kind": row.get("kind", "")}
        if sub:
            parent = out.setdefault(name, {"resource": name, "scope": _scope(row), "responseKind": _NO_KIND})
            shown = {"subresource": sub, "responseKind": kind, "verbs": row.get("verbs") or []}
            parent.setdefault("subresources", []).append(shown)
            continue
        found = {
            "resource": name, "responseKind": kind, "scope": _scope(row), "singularResource": row.get("singularName", ""),
            "verbs": row.get("verbs") or [],
        }  # fmt: skip
        for field in ("shortNames", "categories"):
            if row.get(field):
                found[field] = row[field]
        out[name] = {**out.get(name, {}), **found}
    return list(out.values())


def _scope(row: Obj) -> str:
    return "Namespaced" if row.get("namespaced") else "Cluster"

"""The table of all served resources, built-in and custom.

Built-in facts come from one packed file; nodes of schemas are built when a request needs them. Custom resources are added and
removed while the server runs; readers take the tables as they are at that moment.
"""

from __future__ import annotations

import functools
import pkgutil
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from pilothouse.api.schema import Definitions, Schema
from pilothouse.api.scheme.names import CATEGORIES, GENERATION, SELECTABLE, SHORT_NAMES
from pilothouse.api.scheme.resources import Resource, Subresource

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
# Resources stored under another group or version than they are served at.
_STORED_AS = {
    ("events.k8s.io", "v1", "events"): ("", "v1"),
    ("autoscaling", "v1", "horizontalpodautoscalers"): ("autoscaling", "v2"),
}


def load_facts(name: str) -> dict[str, Any]:
    """Return one of the packed data files."""
    packed = pkgutil.get_data("pilothouse.api.scheme", name)
    assert packed is not None
    facts: dict[str, Any] = orjson.loads(zlib.decompress(packed))
    return facts


@functools.cache
def _built_in_kinds() -> frozenset[tuple[str, str]]:
    found = {tuple(gvk) for raw in load_facts("facts.bin")["definitions"].values() for gvk in raw.get("gvk", ())}
    return frozenset((f"{group}/{version}" if group else version, kind) for group, version, kind in found)


def is_built_in(kind: str, api_version: str) -> bool:
    """Tell whether every server knows a kind, whatever is served: what messages about a misplaced object depend on."""
    return (api_version, kind) in _built_in_kinds()


class Scheme:
    """Groups, versions and resources with their schemas."""

    def __init__(self) -> None:
        """Load the built-in kinds."""
        facts = load_facts("facts.bin")
        self.version: str = facts["version"]
        self.definitions = Definitions(facts["definitions"])
        self.by_path: dict[tuple[str, str, str], Resource] = {}
        self.by_kind: dict[tuple[str, str, str], Resource] = {}
        self.groups: dict[str, list[str]] = {}
        """Versions of each group, the preferred one first; groups in discovery order."""
        self._kinds = {tuple(gvk): name for name, raw in facts["definitions"].items() for gvk in raw.get("gvk", ())}
        for raw in facts["resources"]:
            self.add(self._built_in(raw))

    def _built_in(self, raw: dict[str, Any]) -> Resource:
        group, version, kind, plural = raw["group"], raw["version"], raw["kind"], raw["plural"]
        stored = _STORED_AS.get((group, version, plural), (group, version))
        subs = {name: self._subresource(name, sub) for name, sub in sorted(raw["subresources"].items())}
        return Resource(
            group=group, version=version, kind=kind, plural=plural, singular=kind.lower(), namespaced=raw["namespaced"],
            verbs=tuple(raw["verbs"]), schema=self.definitions.node(raw["definition"]), list_kind=f"{kind}List",
            short_names=SHORT_NAMES.get(plural, ()), categories=CATEGORIES.get(plural, ()), subresources=subs,
            storage_group=stored[0], storage_version=stored[1], storage_plural=plural, generation=plural in GENERATION,
            selectable=SELECTABLE.get(f"{group}/{plural}") or SELECTABLE.get(plural, ()),
        )  # fmt: skip

    def _subresource(self, name: str, raw: dict[str, Any]) -> Subresource:
        definition = self._kinds.get((raw["group"], raw["version"], raw["kind"]))
        schema = self.definitions.node(definition) if definition else None
        return Subresource(name, raw["group"], raw["version"], raw["kind"], tuple(raw["verbs"]), schema)

    def add(self, resource: Resource) -> None:
        """Serve `resource`, replacing what was served at its path."""
        self.by_path[resource.group, resource.version, resource.plural] = resource
        self.by_kind[resource.group, resource.version, resource.kind] = resource
        versions = self.groups.setdefault(resource.group, [])
        if resource.version not in versions:
            versions.append(resource.version)
            if resource.is_custom:
                versions.sort(key=version_priority)

    def remove(self, resource: Resource) -> None:
        """Stop serving `resource`."""
        self.by_path.pop((resource.group, resource.version, resource.plural), None)
        kind = (resource.group, resource.version, resource.kind)
        if self.by_kind.get(kind) is resource:
            del self.by_kind[kind]
        if not any(key[0] == resource.group and key[1] == resource.version for key in self.by_path):
            self.groups[resource.group].remove(resource.version)
            if not self.groups[resource.group]:
                del self.groups[resource.group]

    def resource(self, group: str, version: str, plural: str) -> Resource | None:
        """Return the resource at a path, or None."""
        return self.by_path.get((group, version, plural))

    def kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of an object's apiVersion and kind, or None."""
        group, _, version = api_version.rpartition("/")
        return self.by_kind.get((group, version, kind))

    def find(self, group: str, plural: str) -> Resource | None:
        """Return the resource at its group's preferred version, or None."""
        for version in self.groups.get(group, ()):
            found = self.by_path.get((group, version, plural))
            if found is not None:
                return found
        return None

    def in_version(self, group: str, version: str) -> Iterator[Resource]:
        """Iterate over the resources of one group version, in order of name."""
        for key in sorted(self.by_path):
            if key[0] == group and key[1] == version:
                yield self.by_path[key]

    def definition_of(self, group: str, version: str, kind: str) -> Schema | None:
        """Return the schema of any known kind, options and lists included."""
        name = self._kinds.get((group, version, kind))
        return self.definitions.node(name) if name else None

    def meta(self, name: str) -> Schema:
        """Return a schema of `meta/v1`, for example ObjectMeta."""
        return self.definitions.node(META + name)


def version_priority(version: str) -> tuple[int, int, int, str]:
    """Return a sort key that puts stable before beta before alpha, newer before older, other names last."""
    if not version.startswith("v"):
        return (3, 0, 0, version)
    for rank, word in ((1, "beta"), (2, "alpha")):
        major, found, minor = version[1:].partition(word)
        if found and major.isdigit() and (minor.isdigit() or not minor):
            return (rank, -int(major), -int(minor or 0), version)
    return (0, -int(version[1:]), 0, version) if version[1:].isdigit() else (3, 0, 0, version)

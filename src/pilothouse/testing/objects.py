"""The objects of a control plane as a test handles them: by the names people use, from files, with waiting.

Everything here runs on the control plane's own loop; `environment` brings calls over from the test's thread or loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.app.cli.manifests import parse_manifests, read_manifests
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import BadRequest, Expired, NotFound
from pilothouse.sdk.client import Client, PatchType
from pilothouse.sdk.discovery import Discovery, Served
from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION, EVENT, NAMESPACE, SERVICE_ACCOUNT, Kind
from pilothouse.testing.conditions import EXISTS, Condition, check_condition, is_reached, not_reached

Trees = list[Tree]
Seen = list[Tree | None]
Manifests = str | Path | Tree | Iterable[Tree]
SHOWN = 120
"""How much of an object without a kind is told."""
_FIRST = ("CustomResourceDefinition", "Namespace")


class _Wanted(NamedTuple):
    kind: Kind
    name: str
    namespace: str
    condition: Condition


class Objects:
    """Verbs on objects whose kinds are given as people write them: `Deployment`, `deploy`, `widgets.example.com`."""

    def __init__(self, client: Client, clock: Clock, *, has_accounts: bool, timeout_s: float, hint: Callable[[str], str]) -> None:
        """Act through `client`; `hint` says why a kind may never be as wanted.

        With `has_accounts` each Namespace gets its `default` ServiceAccount, which is waited for.
        """
        self.client, self._clock = client, clock
        self._discovery = Discovery(client)
        self._has_accounts, self._timeout_s, self._hint = has_accounts, timeout_s, hint

    async def kind_of(self, word: str | Kind) -> Kind:
        """Return the kind called `word`: kind, plural, singular or short name, also with `.group`; raises `NotFound`."""
        if isinstance(word, Kind):
            return word
        found = _find(await self._discovery.kinds(), word.lower())
        if found is None:
            await self._discovery.refresh()
            found = _find(await self._discovery.kinds(), word.lower())
        if found is None:
            raise NotFound(
                f"the control plane serves no kind {word!r}", fix="install its definition first: crds=[...] or apply(path)"
            )
        return found

    async def get(self, kind: str | Kind, name: str, namespace: str) -> Tree:
        """Return one object; raises `ApiNotFound`."""
        found = await self.kind_of(kind)
        return await self.client.get(found, name, namespace if found.is_namespaced else "")

    async def list(self, kind: str | Kind, namespace: str, labels: str) -> Trees:
        """Return the objects of a namespace (empty: of all) that match the label selector."""
        found = await self.kind_of(kind)
        return await self.client.list(found, namespace if found.is_namespaced else "", labels=labels)

    async def create(self, tree: Tree, namespace: str) -> Tree:
        """Create an object; raises `ApiAlreadyExists`."""
        kind, placed = await self._placed(tree, namespace)
        return await self._completed(kind, await self.client.create(kind, placed))

    async def patch(
        self, kind: str | Kind, name: str, patch: Any, namespace: str, patch_type: PatchType, subresource: str
    ) -> Tree:
        """Patch an object."""
        found = await self.kind_of(kind)
        target = namespace if found.is_namespaced else ""
        return await self.client.patch(found, name, target, patch, patch_type, subresource=subresource)

    async def delete(self, kind: str | Kind, name: str, namespace: str, propagation: str) -> None:
        """Ask for deletion; what is not there is fine."""
        found = await self.kind_of(kind)
        with contextlib.suppress(NotFound):
            await self.client.delete(found, name, namespace if found.is_namespaced else "", propagation=propagation)

    async def apply(self, manifests: Manifests, namespace: str) -> Trees:
        """Apply files, folders, YAML text or trees: definitions and Namespaces first, and each definition until it is served."""
        trees = documents(manifests)
        applied: dict[int, Tree] = {}
        order = sorted(range(len(trees)), key=lambda place: trees[place].get("kind") not in _FIRST)
        definitions = [place for place in order if trees[place].get("kind") == "CustomResourceDefinition"]
        for place in definitions:
            applied[place] = await self.client.apply(CUSTOM_RESOURCE_DEFINITION, trees[place])
        for place in definitions:
            await self.wait_for(CUSTOM_RESOURCE_DEFINITION, name_of(trees[place]), "Established", "", None)
        for place in order:
            if place not in applied:
                kind, placed = await self._placed(trees[place], namespace)
                applied[place] = await self._completed(kind, await self.client.apply(kind, placed))
        return [applied[place] for place in range(len(trees))]

    async def _placed(self, tree: Tree, namespace: str) -> tuple[Kind, Tree]:
        version, name = tree.get("apiVersion"), tree.get("kind")
        if not isinstance(version, str) or not isinstance(name, str):
            raise BadRequest(f"an object has no apiVersion or kind: {str(tree)[:SHOWN]}", fix="every manifest needs both")
        kind = await self._discovery.find(version, name)
        if kind.is_namespaced and not namespace_of(tree):
            tree = {**tree, "metadata": {**(tree.get("metadata") or {}), "namespace": namespace}}
        return kind, tree

    async def _completed(self, kind: Kind, tree: Tree) -> Tree:
        if kind == CUSTOM_RESOURCE_DEFINITION:
            await self.wait_for(kind, name_of(tree), "Established", "", None)
        if kind == NAMESPACE and self._has_accounts:
            await self.wait_for(SERVICE_ACCOUNT, "default", EXISTS, name_of(tree), None)  # Pods are refused until it is there
        return tree

    async def wait_for(self, kind: str | Kind, name: str, condition: Condition, namespace: str, timeout_s: float | None) -> Tree:
        """Return the object once the condition holds, empty when it was to go; raises `NotReached`."""
        check_condition(condition)
        found = await self.kind_of(kind)
        wanted = _Wanted(found, name, namespace if found.is_namespaced else "", condition)
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        seen: Seen = [None]
        try:
            async with asyncio.timeout(limit_s) as limit:
                timer = self._clock.call_later(
                    limit_s, lambda: None if limit.expired() else limit.reschedule(0)
                )  # virtual time may be ahead
                try:
                    return await self._follow(wanted, seen)
                finally:
                    timer.cancel()
        except TimeoutError:
            events = await self._events(seen[0])
            failure = not_reached(found.kind, wanted.namespace, name, condition, limit_s, seen[0], events, self._hint(found.kind))
        raise failure

    async def _follow(self, wanted: _Wanted, seen: Seen) -> Tree:
        selector = f"metadata.name={wanted.name}"
        while True:
            items, version = await self.client.list_raw(wanted.kind, wanted.namespace, fields=selector)
            seen[0] = orjson.loads(items[0]) if items else None
            if is_reached(seen[0], wanted.condition):
                return seen[0] or {}
            batches = self.client.watch(wanted.kind, wanted.namespace, resource_version=version, fields=selector)
            with contextlib.suppress(Expired):
                async with contextlib.aclosing(batches):  # type: ignore[type-var]
                    async for events in batches:
                        for event in events:
                            if event.type == "ERROR":
                                raise Expired("the watch ended")
                            if event.type == "BOOKMARK":
                                continue
                            seen[0] = None if event.type == "DELETED" else orjson.loads(bytes(event.object))
                            if is_reached(seen[0], wanted.condition):
                                return seen[0] or {}

    async def newest_events(self, count: int) -> Trees:
        """Return the last Events of all Namespaces, the newest last."""
        events = await self.client.list(EVENT)
        events.sort(key=lambda event: int(event["metadata"].get("resourceVersion") or 0))
        return events[-count:]

    async def _events(self, tree: Tree | None) -> Trees:
        if tree is None:
            return []
        return await self.client.list(EVENT, namespace_of(tree) or "default", fields=f"involvedObject.uid={uid_of(tree)}")


def _find(served: Iterable[Served], word: str) -> Kind | None:
    """Return the kind of that name; a preferred version wins."""
    matches = [entry for entry in served if word in _names(entry)]
    matches.sort(key=lambda entry: not entry.is_preferred)
    return matches[0].kind if matches else None


def _names(entry: Served) -> set[str]:
    kind = entry.kind
    plain = {kind.kind.lower(), kind.plural, entry.singular, *entry.short_names} - {""}
    versioned = kind.api_version.replace("/", ".") if kind.group else kind.api_version
    return plain | {f"{name}.{kind.group}" for name in plain if kind.group} | {f"{kind.kind.lower()}.{versioned}"}


def documents(manifests: Manifests) -> Trees:
    """Return the objects of files, folders, YAML text or trees; raises `BadRequest` that says where."""
    if isinstance(manifests, str) and "\n" in manifests:
        return parse_manifests(manifests, "the text")
    if isinstance(manifests, str | Path):
        found = read_manifests([str(manifests)], recursive=True)
        if not found:
            raise BadRequest(f"{manifests} holds no manifests", fix="a folder with .yaml, .yml or .json files, or such a file")
        return found
    if isinstance(manifests, dict):
        return [msgspec.convert(manifests, dict[str, Any])]
    return [tree for each in manifests for tree in documents(each)]


def definitions(paths: Iterable[str | Path]) -> Trees:
    """Return the CustomResourceDefinitions of files and folders; raises `BadRequest` where a path has none."""
    found: Trees = []
    for path in paths:
        trees = [tree for tree in documents(Path(path)) if tree.get("kind") == "CustomResourceDefinition"]
        if not trees:
            raise BadRequest(f"{path} holds no CustomResourceDefinition", fix="other objects are for apply")
        found += trees
    return found

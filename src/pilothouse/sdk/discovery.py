"""Which kinds a server has, asked from its discovery documents.

Controllers that work on any kind (garbage collection, namespace deletion, GitOps) look kinds up here. The answer is kept until
`refresh`, which is called when a kind is not found or a definition changed.
"""

from __future__ import annotations

import msgspec
import orjson

from pilothouse.api.meta import Tree
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import NotFound, Unavailable
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import Kind


class Served(msgspec.Struct, frozen=True):
    """One served resource type."""

    kind: Kind
    verbs: frozenset[str]
    short_names: tuple[str, ...] = ()
    singular: str = ""
    is_preferred: bool = True


class KindNotServed(NotFound):
    """The server has no such kind."""

    reason = "KindNotServed"


class Discovery:
    """The kinds of one server."""

    def __init__(self, client: Client, *, is_lenient: bool = False) -> None:
        """Ask through `client` on first use; `is_lenient` passes over an aggregated server that does not answer."""
        self._client, self._is_lenient = client, is_lenient
        self._served: list[Served] = []
        self._by_kind: dict[tuple[str, str], Served] = {}
        self._documents: dict[tuple[str, bool], tuple[bytes, list[Served]]] = {}

    async def refresh(self) -> None:
        """Ask the server again; what it says as before is not read again."""
        groups = orjson.loads(await self._body("/apis")).get("groups") or []
        versions = [(v["groupVersion"], v == group.get("preferredVersion")) for group in groups for v in group["versions"]]
        documents = await run_all(self._version(*version) for version in [("v1", True), *versions])
        self._documents = {version: found for version, found in documents if found is not None}
        self._served = [entry for _, served in self._documents.values() for entry in served]
        self._by_kind = {(entry.kind.api_version, entry.kind.kind): entry for entry in self._served}

    async def _body(self, path: str) -> bytes:
        return await (await self._client.raw("GET", path)).read()

    async def _version(self, api_version: str, is_preferred: bool) -> tuple[tuple[str, bool], tuple[bytes, list[Served]] | None]:
        """Return the types of a group version, None when it is gone meanwhile.

        Where that is enough, those of an aggregated server that does not answer are as they were. Whoever must not miss
        a kind (the deletion of a namespace) is told.
        """
        name = (api_version, is_preferred)
        try:
            body = await self._body(f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")
        except NotFound:
            return name, None
        except Unavailable:
            if not self._is_lenient or "." not in api_version:
                raise
            return name, self._documents.get(name)
        known = self._documents.get(name)
        if known is not None and known[0] == body:
            return name, known
        return name, (body, _served(api_version, orjson.loads(body), is_preferred))

    async def kinds(self) -> list[Served]:
        """Return every served type."""
        if not self._served:
            await self.refresh()
        return self._served

    async def find(self, api_version: str, kind: str) -> Kind:
        """Return the type of an object, asking again once when it is unknown; raises `KindNotServed`."""
        found = self._by_kind.get((api_version, kind))
        if found is None:
            await self.refresh()
            found = self._by_kind.get((api_version, kind))
        if found is None:
            raise KindNotServed(
                f'no matches for kind "{kind}" in version "{api_version}"',
                fix="install the CustomResourceDefinition first, or check apiVersion and kind",
            )
        return found.kind


def _served(api_version: str, document: Tree, is_preferred: bool) -> list[Served]:
    found: list[Served] = []
    for resource in document.get("resources") or ():
        if "/" in resource["name"]:
            continue
        kind = Kind(api_version, resource["kind"], resource["name"], bool(resource["namespaced"]))
        short_names = tuple(resource.get("shortNames") or ())
        found.append(
            Served(kind, frozenset(resource.get("verbs") or ()), short_names, resource.get("singularName", ""), is_preferred)
        )
    return found

"""The client: objects as plain trees over any transport.

The same client talks to the API server of this process and to a real cluster; only the transport differs. Reads return fresh
trees that the caller may change. Failures are raised as `sdk.errors.ApiError` of the matching family.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import orjson

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.kit.errors import BadRequest, Unavailable
from pilothouse.kit.faults import Faults
from pilothouse.sdk.errors import api_error
from pilothouse.sdk.kinds import POD, Kind
from pilothouse.wire.http.messages import Request, Response, Transport

PatchType = Literal["json", "merge", "strategic"]
Query = list[tuple[str, str]]
_PATCH_TYPES: dict[str, str] = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
PAGE_SIZE = 500
Trees = list[Tree]
RawItems = list[bytes]


class WatchEvent(msgspec.Struct, gc=False):
    """One line of a watch; `object` is the raw JSON."""

    type: str
    object: msgspec.Raw


class ListPage(msgspec.Struct, rename="camel", gc=False):
    """The metadata of a list answer."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class RawList(msgspec.Struct, gc=False):
    """A list answer whose items stay JSON bytes."""

    metadata: ListPage
    items: list[msgspec.Raw] | None = None


EventBatch = list[WatchEvent]
_decode_event = msgspec.json.Decoder(WatchEvent).decode
_decode_list = msgspec.json.Decoder(RawList).decode


class Client:
    """Verbs on objects."""

    def __init__(self, transport: Transport, *, field_manager: str = "pilothouse", faults: Faults | None = None) -> None:
        """Talk through `transport`; writes are recorded under `field_manager`."""
        self.transport = transport
        self.field_manager = field_manager
        self.faults = faults or Faults()
        self._actor: dict[str, str] = {}

    def named(self, field_manager: str) -> Client:
        """Return the same client writing under another field manager."""
        client = Client(self.transport, field_manager=field_manager, faults=self.faults)
        client._actor = self._actor
        return client

    def acting_as(self, user: str, *groups: str) -> Client:
        """Return the same client acting as another user (impersonation), who may do less; group names have no commas."""
        client = self.named(self.field_manager)
        client._actor = {"impersonate-user": user, **({"impersonate-group": ",".join(groups)} if groups else {})}
        return client

    async def raw(
        self, method: str, path: str, *, query: Query | None = None, body: bytes = b"", content_type: str = "", accept: str = ""
    ) -> Response:
        """Send one request and return the response as it is; raises `ApiError` for a failure."""
        headers: dict[str, str] = {"content-type": content_type, **self._actor} if content_type else {**self._actor}
        if accept:
            headers["accept"] = accept
        response = await self.transport.send(Request(method, path, query or [], headers, body))
        if response.status >= 400:
            raise await _failure(response)
        return response

    async def _tree(self, method: str, path: str, query: Query, body: Any = None, content_type: str = "application/json") -> Tree:
        if self.faults.plan is not None:
            await self.faults.hit("api.read" if method == "GET" else "api.write", verb=method.lower(), path=path)
        payload = b"" if body is None else orjson.dumps(body)
        response = await self.raw(method, path, query=query, body=payload, content_type=content_type if payload else "")
        found: Tree = orjson.loads(await response.read())
        return found

    def _write_query(self, dry_run: bool, **extra: str) -> Query:
        query: Query = [("fieldManager", self.field_manager), *((key, value) for key, value in extra.items() if value)]
        if dry_run:
            query.append(("dryRun", "All"))
        return query

    async def get(self, kind: Kind, name: str, namespace: str = "") -> Tree:
        """Return one object; raises `ApiNotFound`."""
        return await self._tree("GET", _path_of(kind, namespace, name), [])

    async def list(self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> Trees:
        """Return all objects that match the selectors."""
        raws, _ = await self.list_raw(kind, namespace, labels=labels, fields=fields)
        return [_complete(orjson.loads(raw), kind) for raw in raws]

    async def list_raw(
        self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "", resource_version: str = ""
    ) -> tuple[RawItems, str]:
        """Return the items as JSON bytes, read page by page, and the resource version of the list."""
        if self.faults.plan is not None:
            await self.faults.hit("api.list", kind=kind.kind, namespace=namespace)
        items: RawItems = []
        token, version = "", ""
        while True:
            query: Query = [("limit", str(PAGE_SIZE))]
            query += [("labelSelector", labels)] if labels else []
            query += [("fieldSelector", fields)] if fields else []
            query += [("continue", token)] if token else []
            query += [("resourceVersion", resource_version)] if resource_version and not token else []
            response = await self.raw("GET", kind.path(namespace), query=query)
            page = _decode_list(await response.read())
            items += [bytes(item) for item in page.items or ()]
            version = version or page.metadata.resource_version
            token = page.metadata.continue_
            if not token:
                return items, page.metadata.resource_version or version

    async def watch(
        self, kind: Kind, namespace: str = "", *, resource_version: str, labels: str = "", fields: str = "", timeout_s: int = 300
    ) -> AsyncIterator[EventBatch]:
        """Yield batches of events after `resource_version` until the server ends the watch."""
        if self.faults.plan is not None:
            await self.faults.hit("api.watch", kind=kind.kind, namespace=namespace)
        query: Query = [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resource_version),
            ("timeoutSeconds", str(timeout_s)),
        ]  # fmt: skip
        query += [("labelSelector", labels)] if labels else []
        query += [("fieldSelector", fields)] if fields else []
        response = await self.transport.send(Request("GET", kind.path(namespace), query, {**self._actor}, is_streaming=True))
        if response.status >= 400:
            raise await _failure(response)
        if isinstance(response.body, bytes):
            raise Unavailable(f"the server does not stream watches of {kind.plural}")
        try:
            rest = b""
            async for chunk in response.body:
                *lines, rest = (rest + chunk).split(b"\n")
                events = [_decode_event(line) for line in lines if line]
                if events:
                    yield events
        finally:
            await response.aclose()

    async def create(self, kind: Kind, tree: Tree, *, dry_run: bool = False) -> Tree:
        """Create an object in the namespace it names; raises `ApiAlreadyExists`."""
        return await self._tree("POST", kind.path(namespace_of(tree)), self._write_query(dry_run), tree)

    async def replace(self, kind: Kind, tree: Tree, *, subresource: str = "", dry_run: bool = False) -> Tree:
        """Replace an object; raises `ApiConflict` when its resourceVersion is not the newest."""
        path = _path_of(kind, namespace_of(tree), name_of(tree), subresource)
        return await self._tree("PUT", path, self._write_query(dry_run), tree)

    async def patch(
        self, kind: Kind, name: str, namespace: str, patch: Any, patch_type: PatchType = "merge", *,
        subresource: str = "", dry_run: bool = False,
    ) -> Tree:  # fmt: skip
        """Patch an object."""
        path = _path_of(kind, namespace, name, subresource)
        return await self._tree("PATCH", path, self._write_query(dry_run), patch, _PATCH_TYPES[patch_type])

    async def apply(self, kind: Kind, tree: Tree, *, force: bool = True, subresource: str = "", dry_run: bool = False) -> Tree:
        """Apply a configuration server-side under the client's field manager; raises `ApiConflict` without `force`."""
        query = self._write_query(dry_run, force="true" if force else "false")
        path = _path_of(kind, namespace_of(tree), name_of(tree), subresource)
        return await self._tree("PATCH", path, query, tree, "application/apply-patch+yaml")

    async def delete(
        self, kind: Kind, name: str, namespace: str = "", *, grace_s: int | None = None, propagation: str = "", uid: str = "",
        resource_version: str = "",
    ) -> Tree:  # fmt: skip
        """Ask for deletion; `uid` and `resource_version` are preconditions."""
        options: Tree = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        if propagation:
            options["propagationPolicy"] = propagation
        conditions = {key: value for key, value in (("uid", uid), ("resourceVersion", resource_version)) if value}
        if conditions:
            options["preconditions"] = conditions
        return await self._tree("DELETE", _path_of(kind, namespace, name), [], options)

    async def delete_collection(self, kind: Kind, namespace: str, *, labels: str = "") -> None:
        """Delete all matching objects of a namespace."""
        query: Query = [("labelSelector", labels)] if labels else []
        await self._tree("DELETE", kind.path(namespace), query, {"apiVersion": "v1", "kind": "DeleteOptions"})

    async def create_subresource(self, kind: Kind, name: str, namespace: str, subresource: str, body: Tree) -> Tree:
        """Post to a subresource: `token`, `eviction`, `binding`."""
        return await self._tree("POST", _path_of(kind, namespace, name, subresource), self._write_query(False), body)

    async def bind(self, pod_name: str, namespace: str, node: str) -> None:
        """Assign a Pod to a node."""
        binding = {
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod_name, "namespace": namespace},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }  # fmt: skip
        await self.create_subresource(POD, pod_name, namespace, "binding", binding)

    async def close(self) -> None:
        """Release the transport."""
        await self.transport.close()


def _path_of(kind: Kind, namespace: str, name: str, subresource: str = "") -> str:
    """Return the path of one object; without a name it would be that of all of them, which a DELETE takes at its word."""
    if not name:
        raise BadRequest(f"a request for one {kind.kind} needs its name")
    return kind.path(namespace, name, subresource)


def _complete(tree: Tree, kind: Kind) -> Tree:
    """List items come without apiVersion and kind; put them back."""
    if "kind" not in tree:
        tree = {"apiVersion": kind.api_version, "kind": kind.kind, **tree}
    return tree


async def _failure(response: Response) -> Exception:
    body = await response.read()
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        status = {"message": body[:200].decode("utf-8", "replace")}
    return api_error(response.status, status if isinstance(status, dict) else {})

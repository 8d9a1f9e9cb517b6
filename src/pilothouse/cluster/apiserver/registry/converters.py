"""Conversion webhooks of custom resources: stored objects as a version shows them, and back.

Reads and writes call `served` and `stored` while `Backend.conversions` is set. What a webhook made of a stored object is kept
with it, so a list costs at most one call. Source: ConversionReview of apiextensions.k8s.io and its checks of what comes back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pilothouse.api.findings import quote
from pilothouse.api.schema.custom import default_custom
from pilothouse.api.schema.decode import decode
from pilothouse.api.scheme import Resource
from pilothouse.api.validation.meta import validate_annotations, validate_labels
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing, server_of
from pilothouse.cluster.apiserver.http.respond import dumps, dumps_to_keep
from pilothouse.cluster.apiserver.registry.codec import typed
from pilothouse.cluster.apiserver.registry.conversion import convert
from pilothouse.cluster.apiserver.registry.scale import scale_of, with_replicas
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.cluster.apiserver.watchcache.delivery import WatchBody
from pilothouse.cluster.apiserver.watchcache.items import Item

_GROUP, _PLURAL = "apiextensions.k8s.io", "customresourcedefinitions"
_PREFIX = f"/registry/{_GROUP}/{_PLURAL}/"
_REVIEWS = ("v1", "v1beta1")
_TICKET = b"\x00"


class _BadAnswer(Exception):
    """What a webhook returned cannot be used."""


class Converters:
    """The conversion webhooks of all definitions, by the definition's name."""

    def __init__(self, backend: Backend, outgoing: Outgoing) -> None:
        """Follow definitions; `backend.conversions` is set while there is a webhook."""
        self.backend, self.outgoing = backend, outgoing
        self._hooks: dict[str, tuple[int, Obj]] = {}
        backend.cache.on_change.append(self._on_change)

    def load(self) -> None:
        """Read what is stored."""
        for item in self.backend.all_of(_GROUP, _PLURAL):
            self._take(item.name, item)

    def _on_change(self, prefix: str, change: Change) -> None:
        if prefix == _PREFIX:
            item = change[1] or change[2]
            assert item is not None
            self._take(item.name, change[1])

    def _take(self, name: str, item: Item | None) -> None:
        conversion = {} if item is None else item.object["spec"].get("conversion") or {}
        if conversion.get("strategy") == "Webhook" and conversion.get("webhook"):
            known = self._hooks.get(name)
            if known is None or known[1] != conversion["webhook"]:
                self._hooks[name] = (self.backend.cache.revision, conversion["webhook"])
        else:
            self._hooks.pop(name, None)
        self.backend.conversions = self if self._hooks else None

    def concerns(self, resource: Resource) -> bool:
        """Whether a webhook converts the objects of `resource`."""
        return resource.is_custom and resource.crd_name in self._hooks

    async def served(self, resource: Resource, items: list[Item]) -> list[Item]:
        """Return stored objects in the version of `resource`, those of other versions converted in one call."""
        if not self.concerns(resource):
            return items
        wanted = resource.api_version
        key = ("converted", wanted, self._hooks[resource.crd_name][0])
        missing = [item for item in items if item.object["apiVersion"] != wanted and key not in item.encodings]
        if missing:
            trees = await self.convert(resource, [item.object for item in missing], wanted)
            for item, tree in zip(missing, trees, strict=True):
                tree["metadata"] = {name: value for name, value in tree["metadata"].items() if name != "resourceVersion"}
                item.encodings[key] = dumps_to_keep(_ordered(tree))
        return [_in_version(item, key) for item in items]

    async def stored(self, resource: Resource, obj: Obj) -> Obj:
        """Return an object of `resource` in the version it is stored in."""
        wanted = f"{resource.group}/{resource.storage_version}"
        return await self.converted(resource, obj, wanted) if self.concerns(resource) else obj

    async def converted(self, resource: Resource, obj: Obj, wanted: str) -> Obj:
        """Return an object of `resource` in the version `wanted`."""
        return obj if obj["apiVersion"] == wanted else (await self.convert(resource, [obj], wanted))[0]

    async def convert(self, resource: Resource, trees: list[Obj], wanted: str) -> list[Obj]:
        """Return objects in the version `wanted`; raises StatusError with what the webhook did wrong."""
        hook = self._hooks[resource.crd_name][1]
        uid = self.backend.entropy.uuid()
        shown = f"{trees[0]['apiVersion']}, Kind={trees[0]['kind']}"
        version = next((version for version in hook.get("conversionReviewVersions") or () if version in _REVIEWS), "")
        if not version:
            raise StatusError(500, "", "no supported conversion review versions")
        request = {"uid": uid, "desiredAPIVersion": wanted, "objects": trees}
        review = {"kind": "ConversionReview", "apiVersion": f"{_GROUP}/{version}", "request": request}
        try:
            answer = await self.outgoing.post(server_of(hook.get("clientConfig") or {}), review)
            found = _objects(answer, uid, version)
        except CallFailed as error:
            raise StatusError(500, "", f"conversion webhook for {shown} failed: {error.message}") from None
        except _BadAnswer as error:
            raise StatusError(500, "", f"conversion webhook for {shown} failed: {error}") from None
        if len(found) != len(trees):
            text = f"conversion webhook for {shown} returned {len(found)} objects, expected {len(trees)}"
            raise StatusError(500, "", text)
        return [_checked(shown, before, after, wanted) for before, after in zip(trees, found, strict=True)]


def _in_version(item: Item, key: tuple[str, str, int]) -> Item:
    raw = item.encodings.get(key)
    return item if raw is None else item.replaced(raw, item.revision)


def _ordered(tree: Obj) -> Obj:
    """Return a tree with its type and metadata first, as stored bytes have them."""
    head = {"kind": tree["kind"], "apiVersion": tree["apiVersion"], "metadata": tree["metadata"]}
    return {**head, **{key: value for key, value in tree.items() if key not in head}}


def _objects(answer: Obj, uid: str, version: str) -> list[Any]:
    kind, api_version, response = answer.get("kind", ""), answer.get("apiVersion", ""), answer.get("response")
    if version == "v1" and (kind, api_version) != ("ConversionReview", f"{_GROUP}/v1"):
        shown = f"{api_version if '/' in str(api_version) else f'/{api_version}'}, Kind={kind}"
        raise _BadAnswer(f"expected webhook response of {_GROUP}/v1, Kind=ConversionReview, got {shown}")
    if not isinstance(response, dict):
        raise _BadAnswer("no response provided")
    if version == "v1" and response.get("uid") != uid:
        raise _BadAnswer(f"expected response.uid={quote(uid)}, got {quote(str(response.get('uid', '')))}")
    result = response.get("result")
    result = result if isinstance(result, dict) else {}
    if result.get("status") != "Success":
        status = result.get("status", "")
        raise _BadAnswer(result.get("message") or f"response.result.status was '{status}', not 'Success'")
    found = response.get("convertedObjects") or []
    return found if isinstance(found, list) else []


def _checked(shown: str, before: Obj, after: Any, wanted: str) -> Obj:
    """Return a converted object with the metadata it may not change put back; raises StatusError."""

    def bad(what: str, why: str) -> StatusError:
        return StatusError(500, "", f"conversion webhook for {shown} returned invalid {what}: {why}")

    if not isinstance(after, dict):
        raise bad("object at index 0", "it is no object")
    if after.get("apiVersion") != wanted:
        raise bad("object at index 0", f"invalid groupVersion (expected {wanted}, received {after.get('apiVersion', '')})")
    if after.get("kind") != before["kind"]:
        raise bad("object at index 0", f"invalid kind (expected {before['kind']}, received {after.get('kind', '')})")
    meta, old = after.get("metadata"), before["metadata"]
    if meta is None:
        raise bad("metadata", "missing metadata in converted object")
    if not isinstance(meta, dict):
        raise bad("metadata", f"invalid metadata of type {type(meta).__name__} in converted object")
    for field, name in (("name", "name"), ("namespace", "namespace"), ("uid", "UID")):
        if meta.get(field, "") != old.get(field, ""):
            raise bad("object", f"must have the same {name}: {old.get(field, '')} != {meta.get(field, '')}")
    try:
        return {**after, "metadata": _restored(meta, old)}
    except _BadAnswer as error:
        raise bad("metadata", str(error)) from None


def _restored(meta: Obj, old: Obj) -> Obj:
    """Return the old metadata with the labels and annotations a webhook gave."""
    out = dict(old)
    for field, check in (("labels", validate_labels), ("annotations", validate_annotations)):
        given = meta.get(field)
        if given is None:
            out.pop(field, None)
            continue
        if not isinstance(given, dict):
            raise _BadAnswer(f"invalid metadata.{field} of type {type(given).__name__} in converted object")
        for key, value in given.items():
            if not isinstance(value, str):
                raise _BadAnswer(f"metadata.{field}[{key}] must be a string, but is {type(value).__name__} in converted object")
        findings = check(given, f"metadata.{field}") if given != old.get(field) else []
        if findings:
            raise _BadAnswer("; ".join(f"{finding.path}: {finding.text()}" for finding in findings))
        out[field] = given
    return out


class AdmittedObjects:
    """Objects as admission webhooks see and change them: in the version they asked for, decoded again after a patch."""

    def __init__(self, backend: Backend) -> None:
        """Convert by the webhooks of `backend`."""
        self.backend = backend

    async def between(self, source: Resource, target: Resource, obj: Obj) -> Obj:
        """Return an object of `source` in the version of `target`."""
        if not source.is_custom:
            return convert(target, convert(source, obj, to_storage=True), to_storage=False)
        conversions = self.backend.conversions
        if conversions is not None and conversions.concerns(source):
            obj = await conversions.converted(source, obj, target.api_version)
        return convert(target, dict(obj), to_storage=False)

    def defaulted(self, resource: Resource, kind: tuple[str, str, str], tree: Obj) -> Obj:
        """Return a patched tree as the next hook sees it; raises PilothouseError for one that is no object of the kind."""
        if kind[2] == resource.kind:
            if resource.is_custom:
                default_custom(resource.schema, tree)
                return tree
            return typed(resource, tree)[0]
        schema = self.backend.scheme.definition_of(*kind)
        return (
            tree
            if schema is None
            else {**decode(schema, tree)[0], "kind": tree.get("kind"), "apiVersion": tree.get("apiVersion")}
        )

    def canonical(self, resource: Resource, tree: Obj) -> Obj:
        """Return the final tree, without what the schema of a custom resource does not have."""
        return typed(resource, tree)[0] if resource.is_custom else tree

    def shown(self, call: Call, obj: Obj) -> Obj:
        """Return what admission sees of an object: itself, or its Scale."""
        return scale_of(call.resource, obj) if call.subresource is not None and call.subresource.name == "scale" else obj

    def taken(self, call: Call, obj: Obj, shown: Obj) -> Obj:
        """Return the object after admission changed what it was shown."""
        if call.subresource is None or call.subresource.name != "scale":
            return shown
        revision = obj["metadata"].get("resourceVersion", "")
        changed = with_replicas(call.resource, dict(obj), shown)
        if revision:
            changed["metadata"]["resourceVersion"] = revision
        return changed


class Tickets:
    """Frames of a watch whose objects must be converted before they are written: tickets wait in their place.

    A ticket is as long as the stored object, so that a watcher that does not read is cut as early as any other.
    """

    def __init__(self, backend: Backend, resource: Resource) -> None:
        """Convert to the version of `resource`."""
        self.backend, self.resource = backend, resource
        self._waiting: dict[bytes, tuple[str, Item]] = {}
        self._last = 0

    def frame(self, event: str, item: Item) -> bytes:
        """Return the ticket of an event."""
        self._last += 1
        number = b"%d" % self._last
        self._waiting[number] = (event, item)
        return b"%b%b%b\n" % (_TICKET, number, b" " * len(item.raw))

    def converted(self, body: WatchBody, write: Any) -> Converted:
        """Return the body with every ticket replaced."""
        return Converted(body, self.frames(aiter(body), write))

    async def frames(self, chunks: AsyncIterator[bytes], write: Any) -> AsyncIterator[bytes]:
        """Yield `chunks` with every ticket replaced by `write(event, converted item)`; a failed conversion ends the stream."""
        async for chunk in chunks:
            lines = chunk.splitlines(keepends=True)
            tickets = [line[1:].strip() for line in lines if line.startswith(_TICKET)]
            events = [self._waiting.pop(number) for number in tickets]
            try:
                items = await self._served([item for _, item in events])
            except StatusError as error:
                yield b'{"type":"ERROR","object":%b}\n' % dumps(error.body())
                return
            ready = iter([write(event, item) for (event, _), item in zip(events, items, strict=True)])
            yield b"".join(next(ready) if line.startswith(_TICKET) else line for line in lines)

    async def _served(self, items: list[Item]) -> list[Item]:
        conversions = self.backend.conversions
        return items if conversions is None or not items else await conversions.served(self.resource, items)


class Converted:
    """The body of a watch whose pieces are converted; closing it unsubscribes even when nobody ever read from it."""

    def __init__(self, body: WatchBody, pieces: AsyncIterator[bytes]) -> None:
        """Give `pieces`, which are made from `body`."""
        self._body, self._pieces = body, pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """End the watch."""
        await self._body.aclose()

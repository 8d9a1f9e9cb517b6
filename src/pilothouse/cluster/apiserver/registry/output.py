"""What a client gets of an object: the object, a table or its metadata only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import msgspec
import orjson

from pilothouse.api.scheme import Resource
from pilothouse.api.tables import columns_for, columns_of, row_cells
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError
from pilothouse.cluster.apiserver.http.negotiate import PLAIN, Encoding, check_form
from pilothouse.cluster.apiserver.http.respond import dumps
from pilothouse.cluster.apiserver.registry.codec import is_stored_form, served_body, served_tree
from pilothouse.cluster.apiserver.watchcache.items import Item

META_GROUP = "meta.k8s.io/"
PIECE_BYTES = 256 << 10
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
Encode = Callable[[Item], bytes]


def partial_object(obj: Obj, version: str) -> Obj:
    """Return the PartialObjectMetadata of an object."""
    meta = obj["metadata"]
    if obj.get("kind") == "DaemonSet":  # the reference server keeps this one as a field
        notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key != TEMPLATE_GENERATION}
        meta = {**meta, "annotations": notes}
        if not notes:
            del meta["annotations"]
    return {"kind": "PartialObjectMetadata", "apiVersion": META_GROUP + version, "metadata": meta}


def table(resource: Resource, objects: Iterable[Obj], encoding: Encoding, include: str, now: float, meta: Obj) -> Obj:
    """Return a Table of objects."""
    trees = list(objects)
    rows = [_row(resource, obj, include, now, encoding.version) for obj in trees]
    kind = trees[0].get("kind", resource.kind) if trees else resource.kind
    return {
        "kind": "Table", "apiVersion": META_GROUP + encoding.version, "metadata": meta,
        "columnDefinitions": columns_for(kind, resource), "rows": rows,
    }  # fmt: skip


def _row(resource: Resource, obj: Obj, include: str, now: float, version: str) -> Obj:
    cells, conditions = row_cells(resource, obj, now)
    row: Obj = {"cells": cells}
    if conditions:
        row["conditions"] = conditions
    if include == "Object":
        row["object"] = obj
    elif include == "None":
        row["object"] = None
    else:
        row["object"] = partial_object(obj, version)
    return row


def single(resource: Resource, item: Item, encoding: Encoding, include: str, now: float) -> bytes:
    """Return the body for one object."""
    if encoding.form == "object":
        return served_body(resource, item)
    tree = shared_tree(resource, item)
    return dumps(transformed(resource, tree, encoding, include, now))


def shared_tree(resource: Resource, item: Item) -> Obj:
    """Return a tree that must not be changed."""
    return item.object if is_stored_form(resource) else served_tree(resource, item)


def transformed(resource: Resource, tree: Obj, encoding: Encoding, include: str, now: float) -> Obj:
    """Return a tree in the negotiated form."""
    check_form(encoding, resource, is_list=False)
    if encoding.form == "table":
        revision = tree["metadata"].get("resourceVersion", "")
        return table(resource, [tree], encoding, include, now, {"resourceVersion": revision} if revision else {})
    if encoding.form == "partial":
        return partial_object(tree, encoding.version)
    return tree


def listed(resource: Resource, items: list[Item], meta: Obj, encoding: Encoding, include: str, now: float) -> bytes:
    """Return the body of a list."""
    if encoding.form == "table":
        return dumps(table(resource, (shared_tree(resource, item) for item in items), encoding, include, now, meta))
    if encoding.form == "partial":
        members = [partial_object(shared_tree(resource, item), encoding.version) for item in items]
        api_version = META_GROUP + encoding.version
        return dumps({"kind": "PartialObjectMetadataList", "apiVersion": api_version, "metadata": meta, "items": members})
    return b"%b%b]}" % (_list_head(resource, meta), b",".join(_members(resource, items)))


async def streamed(resource: Resource, items: list[Item], meta: Obj) -> AsyncIterator[bytes]:
    """Yield the body of a list of whole objects in pieces, each made when the one before was taken."""
    yield _list_head(resource, meta)
    piece: list[bytes] = []
    size, separator = 0, b""
    for body in _members(resource, items):
        piece.append(body)
        size += len(body)
        if size >= PIECE_BYTES:
            yield separator + b",".join(piece)
            piece, size, separator = [], 0, b","
    yield (separator + b",".join(piece) if piece else b"") + b"]}"


def _list_head(resource: Resource, meta: Obj) -> bytes:
    shown = {"continue": "", **meta} if resource.is_custom else meta
    head = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": shown}
    return dumps(head)[:-1] + b',"items":['


def _members(resource: Resource, items: list[Item]) -> Iterator[bytes]:
    if resource.is_custom:
        return (served_body(resource, item) for item in items)
    return (_untyped(served_body(resource, item)) for item in items)


def _untyped(body: bytes) -> bytes:
    """Drop kind and apiVersion, which members of built-in lists do not repeat; they come first in stored bytes."""
    at = body.find(b'"metadata":')
    return b"{" + body[at:]


def event_frame(kind: str, item: Item, resource: Resource, encoding: Encoding, include: str, now: float) -> bytes:
    """Return one watch event."""
    if encoding.media == "protobuf":
        return _frame(kind, single(resource, item, msgspec.structs.replace(encoding, media="json"), include, now), encoding)
    if encoding.form == "object":
        key = (kind, resource.api_version, id(resource.schema))
        return item.encoding(key, lambda found: _frame(kind, served_body(resource, found)))
    return _frame(kind, single(resource, item, encoding, include, now))


def _frame(kind: str, body: bytes, encoding: Encoding = PLAIN) -> bytes:
    if encoding.media == "protobuf":
        from pilothouse.api.scheme.protobuf import encode_event

        return encode_event(kind, orjson.loads(body))
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), body)


def bookmark(resource: Resource, revision: int, encoding: Encoding, *, ends_initial: bool) -> bytes:
    """Return a BOOKMARK event."""
    meta: dict[str, Any] = {"resourceVersion": str(revision)}
    if ends_initial:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    obj: Obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
    if not resource.is_custom:
        from pilothouse.api.schema.decode import decode

        obj = decode(resource.schema, obj)[0]
    if encoding.form == "table":
        shown = {"kind": "Table", "apiVersion": META_GROUP + encoding.version, "metadata": {"resourceVersion": str(revision)}}
        obj = {**shown, "columnDefinitions": columns_of(resource), "rows": []}
    elif encoding.form == "partial":
        obj = partial_object(obj, encoding.version)
    return _frame("BOOKMARK", dumps(obj), encoding)


def error_frame(error: StatusError, encoding: Encoding) -> bytes:
    """Return an ERROR event."""
    return _frame("ERROR", dumps(error.body()), encoding)


def include_object_of(call: Call) -> str:
    """Return the includeObject parameter of tables."""
    return call.params.get("includeObject", "") or "Metadata"

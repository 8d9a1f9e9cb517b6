"""get, list and watch."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, not_found
from pilothouse.cluster.apiserver.http.negotiate import PLAIN, Encoding, check_form, negotiate
from pilothouse.cluster.apiserver.http.respond import answer
from pilothouse.cluster.apiserver.registry.converters import Tickets
from pilothouse.cluster.apiserver.registry.options import ListOptions, list_options, parse_revision, too_large
from pilothouse.cluster.apiserver.registry.output import bookmark, error_frame, event_frame, listed, single, streamed
from pilothouse.cluster.apiserver.registry.selection import Selection, decode_token, encode_token, expired
from pilothouse.cluster.apiserver.watchcache.cache import ResourceCache
from pilothouse.cluster.apiserver.watchcache.delivery import Life, WatchBody
from pilothouse.cluster.apiserver.watchcache.items import Item, identity
from pilothouse.cluster.apiserver.watchcache.streams import Frame, WatchStream
from pilothouse.store.revisions import Compacted
from pilothouse.wire.http.compress import compressed_pieces, is_worth_it
from pilothouse.wire.http.messages import Response

STREAMED_BYTES = 1 << 20
"""Longer lists are sent in pieces."""


def include_object(call: Call) -> str:
    """Return the includeObject parameter of tables; raises 400."""
    value = call.params.get("includeObject", "") or "Metadata"
    if value not in ("Metadata", "Object", "None"):
        raise bad_request(f'unrecognized includeObject value: "{value}"')
    return value


async def get(backend: Backend, call: Call) -> Response:
    """Answer one object."""
    encoding = negotiate(call.request.header("accept"), is_list=False)
    wanted = call.params.get("resourceVersion", "")
    if wanted not in ("", "0"):
        await _not_older(backend, parse_revision(wanted, get=True))
    elif not wanted and backend.cache.may_be_behind:
        await backend.cache.current()
    item = backend.cached(call.resource).items.get(call.resource.key(call.namespace, call.name))
    if item is None:
        raise not_found(call.resource, call.name)
    check_form(encoding, call.resource, is_list=False)
    if backend.conversions is not None:
        item = (await backend.conversions.served(call.resource, [item]))[0]
    if encoding is PLAIN:
        return answer(single(call.resource, item, encoding, "", 0.0), 200, encoding, call.warnings)
    body = single(call.resource, item, encoding, include_object(call), backend.clock.now())
    return answer(body, 200, encoding, call.warnings)


async def _not_older(backend: Backend, revision: int) -> None:
    await _exists(backend, revision)
    await backend.cache.wait_for(revision)


async def _exists(backend: Backend, revision: int) -> None:
    """Raise 504 for a revision that nobody has written yet."""
    if revision > backend.store.revision:
        newest = await backend.cache.newest()
        if revision > newest:
            raise too_large(revision, newest)


async def list_objects(backend: Backend, call: Call) -> Response:
    """Answer a collection, a page of it, or a snapshot of the past."""
    encoding = negotiate(call.request.header("accept"), is_list=True)
    include = include_object(call) if encoding.form == "table" else ""
    options = list_options(call.params, watch=False)
    selection = Selection(call)
    revision = parse_revision(options.revision)
    if options.token:
        if options.revision not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        items, meta = await _continued(backend, selection, options)
    elif revision and (options.match == "Exact" or (options.limit and not options.match)):
        await _exists(backend, revision)
        items, meta = await _snapshot(backend, selection, options, revision, "")
    else:
        if options.revision != "0":
            await (_not_older(backend, revision) if revision else backend.cache.current())
        items, meta = _newest(backend.cached(call.resource), backend.cache.revision, selection, options)
    check_form(encoding, call.resource, is_list=True)
    if backend.conversions is not None:
        items = await backend.conversions.served(call.resource, items)
    if encoding is PLAIN and call.request.is_streaming and sum(len(item.raw) for item in items) > STREAMED_BYTES:
        return _in_pieces(call, items, meta)
    body = listed(call.resource, items, meta, encoding, include, backend.clock.now())
    return answer(body, 200, encoding, call.warnings)


def _in_pieces(call: Call, items: list[Item], meta: Obj) -> Response:
    """Answer a long list while it is built: neither all of it nor a compressed copy is ever in memory."""
    response = answer(b"", 200, PLAIN, call.warnings)
    pieces = streamed(call.resource, items, meta)
    response.body = compressed_pieces(response, pieces) if is_worth_it(call.request, response) else pieces
    return response


def _newest(cache: ResourceCache, revision: int, selection: Selection, options: ListOptions) -> tuple[list[Item], Obj]:
    limit = 0 if options.revision == "0" and options.match != "NotOlderThan" else options.limit
    found = cache.scan(selection.prefix())
    items = list(found) if selection.is_everything else [item for item in found if selection.matches(item)]
    return _page(items, limit, revision, selection)


def _page(items: list[Item], limit: int, revision: int, selection: Selection) -> tuple[list[Item], Obj]:
    meta: Obj = {"resourceVersion": str(revision)}
    if limit and len(items) > limit:
        start = items[limit].key[len(selection.prefix()) :]
        meta["continue"] = encode_token(revision, start)
        if selection.is_everything:
            meta["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    return items, meta


async def _snapshot(
    backend: Backend, selection: Selection, options: ListOptions, revision: int, start: str
) -> tuple[list[Item], Obj]:
    prefix = selection.prefix()
    try:
        found = await backend.store.range(prefix, revision=revision, start=start)
    except Compacted:
        if options.token:
            raise expired(options.token) from None
        raise StatusError(410, "Expired", f"The resourceVersion for the provided list is too old: {revision}") from None
    base = selection.resource.storage_prefix
    items = []
    for entry in found.entries:
        namespace, name = identity(base, entry.key)
        item = Item(entry.key, namespace, name, entry.value, entry.revision, entry.create_revision)
        if selection.is_everything or selection.matches(item):
            items.append(item)
    return _page(items, options.limit, revision, selection)


async def _continued(backend: Backend, selection: Selection, options: ListOptions) -> tuple[list[Item], Obj]:
    revision, start = decode_token(options.token, selection.prefix())
    if revision > 0:
        if revision > backend.store.revision and revision > await backend.cache.newest():
            raise bad_request("continue key is not valid: it names a revision that does not exist")
        return await _snapshot(backend, selection, options, revision, start)
    await backend.cache.current()
    cache = backend.cached(selection.resource)
    items = [item for item in cache.scan(selection.prefix(), start) if selection.matches(item)]
    return _page(items, options.limit, backend.cache.revision, selection)


async def watch(backend: Backend, call: Call) -> Response:
    """Answer a stream of events."""
    encoding = negotiate(call.request.header("accept"), is_list=False, streaming=True)
    include = include_object(call) if encoding.form == "table" else ""
    options = list_options(call.params, watch=True)
    selection = Selection(call)
    revision = parse_revision(options.revision, get=True)
    await backend.cache.current()
    cache = backend.cached(call.resource)
    headers = [("cache-control", "no-cache, private")]
    kind = encoding.content_type + (";stream=watch" if encoding.form != "object" or encoding.media != "json" else "")
    if revision > backend.cache.revision:
        return Response(200, _once(error_frame(too_large(revision, backend.cache.revision), encoding)), headers, kind)
    is_initial = options.send_initial if options.send_initial is not None else revision == 0
    if not is_initial and revision and revision < cache.complete_after:
        text = f"too old resource version: {revision} ({cache.complete_after})"
        return Response(200, _once(error_frame(StatusError(410, "Expired", text), encoding)), headers, kind)

    def frame(event: str, item: Item) -> bytes:
        return event_frame(event, item, call.resource, encoding, include, backend.clock.now())

    conversions = backend.conversions
    tickets = Tickets(backend, call.resource) if conversions is not None and conversions.concerns(call.resource) else None
    put = tickets.frame if tickets else frame
    stream = WatchStream(cache, selection.predicate(), put, "" if tickets else _group(selection, encoding))
    if is_initial:
        items = [item for item in cache.scan(selection.prefix()) if selection.matches(item)]
        stream.open([], _initial(put, items, _first_bookmark(backend, call, options, encoding)))
    else:
        stream.open(cache.since(revision) if revision else [])
    body = WatchBody(stream, _life(backend, call, options, encoding), backend.cache.fanout)
    return Response(200, tickets.converted(body, frame) if tickets else body, headers, kind)


def _group(selection: Selection, encoding: Encoding) -> str:
    """Return what is equal for watchers that are sent the same bytes; nothing for tables, which show the time."""
    if encoding.form == "table":
        return ""
    resource = selection.resource
    return sys.intern(f"{selection.key}\0{resource.api_version}\0{id(resource.schema)}\0{encoding}")


def _initial(put: Frame, items: list[Item], ends: list[bytes]) -> Iterator[bytes]:
    """Yield what there was when the watch began; made as it is sent, for it may be long."""
    for item in items:
        yield put("ADDED", item)
    yield from ends


def _first_bookmark(backend: Backend, call: Call, options: ListOptions, encoding: Encoding) -> list[bytes]:
    if options.bookmarks and (options.send_initial or options.revision == "0"):
        return [bookmark(call.resource, backend.cache.revision, encoding, ends_initial=True)]
    return []


def _life(backend: Backend, call: Call, options: ListOptions, encoding: Encoding) -> Life:
    def mark() -> bytes:
        return bookmark(call.resource, backend.cache.revision, encoding, ends_initial=False)

    config = backend.config
    timeout_s = options.timeout_s or config.watch_timeout_s
    return Life(backend.clock, timeout_s, config.bookmark_interval_s, mark if options.bookmarks else None)


async def _once(frame: bytes) -> AsyncIterator[bytes]:
    yield frame

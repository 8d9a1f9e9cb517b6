"""Audit records as audit.k8s.io/v1 Events."""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.cluster.apiserver.context import Attributes, Obj, User
from pilothouse.cluster.apiserver.http.bodies import read_body
from pilothouse.kit.errors import PilothouseError
from pilothouse.wire.http.messages import Request

_PATCHES = {"application/apply-patch+yaml": "application/yaml"}


def event_of(request: Request, audit_id: str, user: User | None, wanted: Attributes | None, level: str) -> Obj:
    """Return what all records of one request share; the stage, its time and what became of it are added to copies."""
    event: Obj = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": audit_id, "stage": "",
        "requestURI": request.target(), "verb": wanted.verb if wanted else request.method.lower(),
        "user": user.info() if user else {}, "sourceIPs": sources(request),
    }  # fmt: skip
    agent = request.header("user-agent")
    if agent:
        event["userAgent"] = agent
    if wanted is not None and wanted.is_resource:
        event["objectRef"] = reference(wanted)
    return event


def reference(wanted: Attributes) -> Obj:
    """Return the objectRef: the object a request is about, as its path names it."""
    fields = {
        "resource": wanted.resource, "namespace": wanted.namespace, "name": wanted.name, "apiGroup": wanted.group,
        "apiVersion": wanted.version, "subresource": wanted.subresource,
    }  # fmt: skip
    return {key: value for key, value in fields.items() if value}


def sources(request: Request) -> list[str]:
    """Return the addresses a request came over: what proxies say about it, then the peer."""
    named = [part.strip() for part in request.header("x-forwarded-for").split(",") if part.strip()]
    if request.header("x-real-ip"):
        named.append(request.header("x-real-ip"))
    peer = request.peer.address.rpartition(":")[0].strip("[]") or request.peer.address
    return [address[:64] for address in named[:10] if address != peer] + [peer]


def object_of(body: bytes, content_type: str, *, omit_managed_fields: bool) -> Any:
    """Return a body as JSON, None when there is none or it cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return None
    kind = _PATCHES.get(kind, "application/json" if kind.endswith("+json") else kind)
    try:
        tree = read_body(body, kind, want_duplicates=False).value
    except (PilothouseError, ValueError, RecursionError):
        return None
    if omit_managed_fields:
        for each in (tree, *_items(tree)):
            _strip(each)
    return tree


def status_of(code: int, body: bytes) -> Obj:
    """Return the responseStatus: the Status the client got, or the bare code."""
    status: Obj = {"metadata": {}, "code": code}
    if code < 400:
        return status
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {**status, "status": "Failure", "message": body[:200].decode(errors="replace").strip()}
    if isinstance(tree, dict) and tree.get("kind") == "Status":
        kept = {key: tree[key] for key in ("status", "message", "reason", "details") if key in tree}
        return {"metadata": {}, **kept, "code": code}
    return {**status, "status": "Failure"}


def _items(tree: Any) -> list[Any]:
    items = tree.get("items") if isinstance(tree, dict) else None
    return items if isinstance(items, list) else []


def _strip(tree: Any) -> None:
    meta = tree.get("metadata") if isinstance(tree, dict) else None
    if isinstance(meta, dict):
        meta.pop("managedFields", None)

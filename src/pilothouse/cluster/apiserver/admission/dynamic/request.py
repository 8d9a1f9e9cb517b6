"""From a call on its way through admission to what policies and hooks are told about it."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.context import Call, Obj

_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
POSTED = frozenset(("binding", "eviction", "token"))
"""Subresources whose posted object is what hooks see, not the object they change."""


def attributes_of(call: Call, obj: Obj, old: Obj | None, shown: Callable[[Call, Obj], Obj]) -> Attributes | None:
    """Return what a request is about; None when hooks have been told already, or never are."""
    sub = call.subresource.name if call.subresource else ""
    if call.verb == "delete":
        if call.request.path.endswith("/eviction"):
            return None  # an eviction is admitted as such
        name = call.name if call.request.path.rstrip("/").endswith(f"/{call.name}") else ""
        return _attributes(call, "DELETE", name, None, obj)
    if call.verb == "connect":
        return _attributes(call, "CONNECT", call.name, obj, None)
    if sub in POSTED and old is not None:
        return None
    if old is None:
        if call.resource.namespaced:
            obj["metadata"]["namespace"] = call.namespace
        return _attributes(call, "CREATE", call.name or obj["metadata"].get("name", ""), obj, None)
    return _attributes(call, "UPDATE", call.name, shown(call, obj), shown(call, old))


def _attributes(call: Call, operation: str, name: str, obj: Obj | None, old: Obj | None) -> Attributes:
    resource, sub = call.resource, call.subresource
    kind = (sub.group, sub.version, sub.kind) if sub else (resource.group, resource.version, resource.kind)
    namespace = name if resource.kind == "Namespace" and not resource.group else call.namespace
    return Attributes(
        operation, resource, call.user, sub.name if sub else "", kind, namespace, name, obj, old,
        _options(call, operation), call.dry_run,
    )  # fmt: skip


def _options(call: Call, operation: str) -> Obj | None:
    kind = _OPTIONS.get(operation)
    if kind is None:
        return None
    options: Obj = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
    if call.dry_run:
        options["dryRun"] = ["All"]
    if operation == "DELETE":
        stated = {key: value for key, value in (call.removal or {}).items() if key not in options}
        policy = call.params.get("propagationPolicy")
        return {**options, **({"propagationPolicy": policy} if policy else {}), **stated}
    for field in ("fieldManager", "fieldValidation"):
        if call.params.get(field):
            options[field] = call.params[field]
    return options


def request_of(asked: Attributes, resource: Resource, uid: str) -> Obj:
    """Return the `request` of an AdmissionReview for whoever asked to see it as `resource`."""
    origin = asked.resource
    group, version, kind = asked.kind
    if asked.kind == (origin.group, origin.version, origin.kind):  # else no view of the resource: a Scale, an Eviction, options
        group, version, kind = resource.group, resource.version, resource.kind
    request: Obj = {
        "uid": uid,
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": resource.group, "version": resource.version, "resource": resource.plural},
        "requestKind": dict(zip(("group", "version", "kind"), asked.kind, strict=True)),
        "requestResource": {"group": origin.group, "version": origin.version, "resource": origin.plural},
        "operation": asked.operation, "userInfo": asked.user.info(), "object": asked.obj, "oldObject": asked.old,
        "dryRun": asked.dry_run, "options": asked.options,
    }  # fmt: skip
    if asked.subresource:
        request["subResource"] = request["requestSubResource"] = asked.subresource
    if asked.name:
        request["name"] = asked.name
    if asked.namespace:
        request["namespace"] = asked.namespace
    return request

"""Server-side apply: of objects, of their status, and of replicas through the scale subresource.

Called by `patches`. What a manager stated in another version of a kind is compared in that version.
"""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.fields.managers import without_scale_times
from pilothouse.api.fields.sets import path_text
from pilothouse.api.fields.typed import TypedValueError, to_set
from pilothouse.api.patch.apply import ApplyConflict, apply
from pilothouse.api.schema.misfits import first_misfit
from pilothouse.api.schema.strict import strict_findings
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request
from pilothouse.cluster.apiserver.http.bodies import Body
from pilothouse.cluster.apiserver.registry.codec import typed
from pilothouse.cluster.apiserver.registry.conversion import views_of
from pilothouse.cluster.apiserver.registry.options import refuse_uid
from pilothouse.cluster.apiserver.registry.scale import decode_scale, replicas_path, scale_of, with_replicas
from pilothouse.cluster.apiserver.registry.writes import Writer, check_namespace, reset_fields
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.errors import PilothouseError

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Applier:
    """Applies configurations."""

    def __init__(self, writer: Writer) -> None:
        """Write through `writer`."""
        self.writer, self.backend = writer, writer.backend

    async def apply(self, call: Call) -> tuple[Item, int]:
        """Apply the body of a PATCH; returns the object and the status code."""
        body = _apply_body(call)
        tree = body.value
        stated = tree.get("metadata") or {}
        stated_name = stated.get("name", call.name)
        if stated_name != call.name:
            raise bad_request(f"the name of the object ({stated_name}) does not match the name on the URL ({call.name})")
        if not stated.get("name"):
            raise bad_request(f"the name of the object ({call.name} based on URL) was undeterminable: name must be provided")
        await self.backend.cache.current()
        resource = call.resource
        found = self.backend.cached(resource).items.get(resource.key(call.namespace, call.name))
        if call.subresource is None:
            problem = first_misfit(resource.schema, tree, "")
            if problem:
                raise _untypable(call, tree, problem)
        if found is None and call.subresource is None:
            return await self._apply_new(call, tree), 201
        return await self.writer.replace(call, lambda old: self._applied(call, tree, old), tracked=True), 200

    async def apply_scale(self, call: Call) -> Item:
        """Apply a Scale: its manager comes to own the replicas of the object."""
        config = _apply_tree(call)[0]

        def make(old: Obj) -> Obj:
            return self._scaled(call, config, old)

        return await self.writer.replace(call, make, tracked=True)

    def _scaled(self, call: Call, config: Obj, old: Obj) -> Obj:
        resource = call.resource
        shown = scale_of(resource, old, may_be_unset=True)
        spec = config.get("spec")
        stated = spec.get("replicas") if isinstance(spec, dict) else None
        document = {**shown, **config, "metadata": {**shown["metadata"], **(config.get("metadata") or {})}}
        document["spec"] = {**shown["spec"], **(spec or {})}
        scaled = with_replicas(resource, orjson.loads(orjson.dumps(old)), decode_scale(call, document))
        wanted: Any = stated
        for part in reversed(replicas_path(resource)):
            wanted = {part: wanted}
        try:
            merged = apply(
                old, wanted if stated is not None else {}, manager=call.manager, force=call.force, now=self.backend.now(),
                schema=resource.schema, api_version=resource.api_version, subresource="scale",
            )  # fmt: skip
        except ApplyConflict as conflict:
            raise _conflict(conflict) from None
        scaled["metadata"]["managedFields"] = without_scale_times(merged["metadata"]["managedFields"])
        return scaled

    def _applied(self, call: Call, tree: Obj, old: Obj | None, *, force: bool = False) -> Obj:
        resource = call.resource
        sub = call.subresource.name if call.subresource else ""
        try:
            merged = apply(
                old, tree, manager=call.manager, force=call.force or force, now=self.backend.now(), schema=resource.schema,
                api_version=resource.api_version, subresource=sub, reset=reset_fields(resource, sub),
                views=views_of(self.backend.scheme, resource),
            )  # fmt: skip
        except ApplyConflict as conflict:
            if call.manager == "kubectl" and old is not None and is_own_earlier_work(call.resource, old, conflict):
                return self._applied(call, tree, old, force=True)
            raise _conflict(conflict) from None
        except TypedValueError as error:
            raise _untypable(call, tree, error.message) from None
        _keep_last_applied(call, tree, merged)
        managed = merged.setdefault("metadata", {}).get("managedFields")
        merged["metadata"].setdefault("name", call.name)
        try:
            obj, has_unknown = typed(resource, merged)
        except PilothouseError as error:
            raise bad_request(error.message) from None
        if has_unknown and not resource.is_custom:
            _refuse_undeclared(call, tree)
        if managed:
            obj["metadata"]["managedFields"] = managed
        return obj

    async def _apply_new(self, call: Call, tree: Obj) -> Item:
        meta = tree.setdefault("metadata", {})
        meta.setdefault("name", call.name)
        refuse_uid(call, meta)
        obj = self._applied(call, tree, None)
        if call.resource.namespaced:
            obj["metadata"].setdefault("namespace", call.namespace)
        check_namespace(call, obj)
        call.verb = "create"
        return await self.writer.store_new(call, obj)


def _conflict(conflict: ApplyConflict) -> StatusError:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {cause.manager}", "field": cause.field}
        for cause in conflict.causes
    ]
    return StatusError(409, "Conflict", conflict.message, {"causes": causes})


def _untypable(call: Call, tree: Obj, why: str) -> StatusError:
    resource, namespace = call.resource, (tree.get("metadata") or {}).get("namespace", "")
    version = resource.api_version if resource.group else f"/{resource.version}"
    where = f"{namespace}/{call.name}; {version}, Kind={resource.kind}"
    return StatusError(500, "", f"failed to create typed patch object ({where}): {why}")


def _refuse_undeclared(call: Call, tree: Obj) -> None:
    for finding in strict_findings(call.resource.schema, tree):
        what, _, path = finding.partition(' field "')
        if what == "unknown":
            raise _untypable(call, tree, f".{path[:-1]}: field not declared in schema")


def _keep_last_applied(call: Call, tree: Obj, merged: Obj) -> None:
    """Let kubectl's clients that apply on their side see what was applied last."""
    annotations = merged["metadata"].get("annotations") or {}
    if call.manager != "kubectl" or not annotations.get(_LAST_APPLIED):
        return
    shown = {**tree, "metadata": {key: value for key, value in tree["metadata"].items() if key != "managedFields"}}
    text = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    merged["metadata"]["annotations"] = {**annotations, _LAST_APPLIED: text}


def _apply_tree(call: Call) -> tuple[Obj, list[str]]:
    """Return the configuration of a body and its repeated keys; raises 400."""
    from pilothouse.cluster.apiserver.http.yamlbody import parse_yaml

    try:
        value, repeated = parse_yaml(call.request.body)
    except ValueError as error:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {error}") from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
        why = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    return value, repeated


def _apply_body(call: Call) -> Body:
    value, repeated = _apply_tree(call)
    if repeated:
        lines = "\n  ".join(repeated)
        if call.field_validation == "Strict":
            raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {lines}")
        for line in repeated:
            call.warn(line)
    check_apply_type(call, value)
    if not isinstance(value.get("metadata", {}), dict):
        raise bad_request("metadata of an apply configuration must be an object")
    if (value.get("metadata") or {}).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    return Body(value, b"", False, repeated)


def is_own_earlier_work(resource: Resource, old: Obj, conflict: ApplyConflict) -> bool:
    """Whether kubectl only conflicts with what it applied itself, before it did so on the server."""
    text = (old["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    if not text:
        return False
    try:
        stated = to_set(orjson.loads(text), resource.schema)
    except (orjson.JSONDecodeError, TypedValueError):
        return False
    fields = {path_text(path) for path in stated.paths()}
    return all(cause.field in fields for cause in conflict.causes)


def check_apply_type(call: Call, tree: Obj) -> None:
    """Raise 400 when an apply configuration lacks its type or states another one."""
    kind, api_version = tree.get("kind") or "", str(tree.get("apiVersion") or "")
    if kind != call.resource.kind or api_version != call.resource.api_version:
        group, _, version = api_version.rpartition("/")
        raise bad_request(f"invalid object type: {group}/{version}, Kind={kind}")

"""create and update, and what patches and subresources share with them: from a decoded object to a stored one."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import msgspec

from pilothouse.api.fields.managers import without_scale_times
from pilothouse.api.fields.sets import FieldSet
from pilothouse.api.fields.typed import TypedValueError
from pilothouse.api.findings import FieldError, invalid
from pilothouse.api.patch.apply import track_update
from pilothouse.api.schema.decode import decode
from pilothouse.api.scheme import Resource
from pilothouse.api.validation.kinds import validate_kind, validate_kind_update
from pilothouse.api.validation.meta import are_finalizers_free, name_rule, validate_meta, validate_meta_update
from pilothouse.api.validation.pods import validate_pod_subresource
from pilothouse.api.validation.status import validate_status
from pilothouse.api.validation.v1.nodes import namespace_finalize
from pilothouse.cluster.apiserver.admission.chain import Admission, Undo
from pilothouse.cluster.apiserver.admission.warnings import keep_owners_once
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    invalid_object,
    not_found,
)
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer, answer_tree
from pilothouse.cluster.apiserver.registry import strategies
from pilothouse.cluster.apiserver.registry.codec import decode_object, read_tree, served_body, served_tree, stored_bytes
from pilothouse.cluster.apiserver.registry.conversion import views_of
from pilothouse.cluster.apiserver.registry.custom import validate_custom, warn_of_definition
from pilothouse.cluster.apiserver.registry.options import check_uid, refuse_uid, write_options
from pilothouse.cluster.apiserver.registry.output import include_object_of, transformed
from pilothouse.cluster.apiserver.registry.scale import owns_replicas
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.store.revisions import Mismatch
from pilothouse.wire.http.messages import Response

CHANGED = "the object has been modified; please apply your changes to the latest version and try again"
_RBAC = "rbac.authorization.k8s.io"
_RESET_STATUS = FieldSet.from_fields({"f:status": {}})
_RESET_SPEC = FieldSet.from_fields({"f:spec": {}})
_RESET_BOTH = FieldSet.from_fields({"f:spec": {}, "f:status": {}})
_RESET_SPEC_META = FieldSet.from_fields({"f:spec": {}, "f:metadata": {}})
MAX_ATTEMPTS = 20
"""A patch is tried again on the newest object this often; an update that names its version conflicts at once."""
MAX_NAMES = 7
"""A generated name that is taken is drawn again this often, as the reference server does."""
_PUT_CREATES = frozenset(
    (
        ("", "Endpoints"), ("", "Event"), ("", "LimitRange"), ("", "Service"), ("events.k8s.io", "Event"),
        ("coordination.k8s.io", "Lease"), (_RBAC, "Role"), (_RBAC, "RoleBinding"), (_RBAC, "ClusterRole"),
        (_RBAC, "ClusterRoleBinding"),
    )
)  # fmt: skip
"""Kinds of which a PUT creates what is not there."""
_NEED_VERSION = frozenset(("Lease", "PodDisruptionBudget"))


class Change(msgspec.Struct):
    """A write that was decided: the new form of an object and what it replaces."""

    obj: Obj
    old: Item | None


class Writer:
    """Stores objects: the end of every write."""

    def __init__(self, backend: Backend, admission: Admission) -> None:
        """Write through `backend`, after `admission`."""
        self.backend, self.admission = backend, admission

    async def create(self, call: Call) -> Response:
        """Answer a POST to a collection."""
        write_options(call, "CreateOptions")
        encoding = negotiate(call.request.header("accept"), is_list=False)
        resource = call.resource
        obj = decode_object(call, read_tree(call, resource.kind), resource)
        meta = obj["metadata"]
        check_namespace(call, obj)
        meta.pop("managedFields", None)
        self._track(call, None, obj)
        item = await self.store_new(call, obj)
        if encoding.form == "object":
            body = served_body(resource, item) if item.revision else b""
            if item.revision:
                return answer(body, 201, encoding, call.warnings)
            return answer_tree(obj, 201, encoding, call.warnings)
        tree = served_tree(resource, item) if item.revision else obj
        shown = transformed(resource, tree, encoding, include_object_of(call), self.backend.clock.now())
        return answer_tree(shown, 201, encoding, call.warnings)

    def _track(self, call: Call, old: Obj | None, obj: Obj) -> None:
        keep_owners_once(call, obj)
        resource = call.resource
        sub = call.subresource.name if call.subresource else ""
        if sub == "scale" and resource.is_custom and not owns_replicas(resource, old or {}):
            return  # replicas nobody owned before come to nobody by a scale either
        try:
            entries = track_update(
                empty_object(resource) if old is None else old,
                obj,
                manager=call.manager,
                now=self.backend.now(),
                schema=resource.schema,
                api_version=resource.api_version,
                subresource=sub,
                reset=reset_fields(resource, sub),
                views=views_of(self.backend.scheme, resource),
            )
        except TypedValueError:
            entries = list((old or {}).get("metadata", {}).get("managedFields") or ())
        if sub == "scale":
            entries = without_scale_times(entries)
        if entries:
            obj["metadata"]["managedFields"] = entries
        else:
            obj["metadata"].pop("managedFields", None)

    async def store_new(self, call: Call, obj: Obj) -> Item:
        """Admit, prepare, validate and store a new object; returns it (revision 0 for a dry run)."""
        resource, call.name = call.resource, obj["metadata"].get("name", "")
        generated = not call.name and bool(obj["metadata"].get("generateName"))
        await self.admission.mutate(call, obj, None)
        self._fill_system_fields(call, obj)
        meta = obj["metadata"]  # a webhook may have given the object another
        strategies.prepare_create(resource, obj)
        findings = validate_meta(meta, name_rule(resource.group, resource.kind), is_free=_has_free_finalizers(resource))
        findings += self._validate(call, obj)
        if findings:
            raise invalid_object(resource, meta.get("name", ""), findings)
        await self.admission.validate(call, obj, None)
        for _ in range(MAX_NAMES if generated else 0):
            try:
                return await self._insert(call, obj)
            except StatusError as error:
                if error.status_reason != "AlreadyExists":
                    raise
                self._generate_name(meta)
        return await self._insert(call, obj)

    def _validate(self, call: Call, obj: Obj) -> list[FieldError]:
        resource = call.resource
        if resource.is_custom:
            return validate_custom(call, obj)
        if resource.kind == "CustomResourceDefinition":
            warn_of_definition(call, obj)
        return validate_kind(resource.group, resource.kind, obj)

    async def _insert(self, call: Call, obj: Obj) -> Item:
        backend, resource = self.backend, call.resource
        name = obj["metadata"]["name"]
        key = resource.key(call.namespace, name)
        cleanup = await self.admission.allocate(call, obj, None)
        raw = await self.raw(resource, obj, cleanup)
        if call.dry_run:
            await self.admission.release(cleanup)
            if backend.cached(resource).items.get(key) is not None:
                raise already_exists(resource, name)
            return await self.served(resource, Item(key, call.namespace, name, raw, 0, 0))
        ttl_s = backend.config.event_ttl_s if resource.kind == "Event" else 0.0
        try:
            revision = await backend.write(key, 0, raw, ttl_s)
        except Mismatch:
            await self.admission.release(cleanup)
            raise self._taken(resource, key, name) from None
        if resource.kind == "CustomResourceDefinition" and backend.settled is not None:
            await backend.settled(name)
        item = Item(key, call.namespace if resource.namespaced else "", name, raw, revision, revision)
        return await self.served(resource, item)

    async def raw(self, resource: Resource, obj: Obj, cleanup: Undo | None = None) -> bytes:
        """Return the bytes to store; `cleanup` is undone when a conversion webhook fails."""
        conversions = self.backend.conversions
        if conversions is not None and conversions.concerns(resource):
            try:
                obj = await conversions.stored(resource, obj)
            except BaseException:
                await self.admission.release(cleanup or [])
                raise
        return stored_bytes(resource, obj)

    async def served(self, resource: Resource, item: Item) -> Item:
        """Return a stored object in the version of `resource`, where a webhook converts it."""
        conversions = self.backend.conversions
        return item if conversions is None else (await conversions.served(resource, [item]))[0]

    def _taken(self, resource: Resource, key: str, name: str) -> StatusError:
        error = already_exists(resource, name)
        found = self.backend.cached(resource).items.get(key)
        if found is not None and found.object["metadata"].get("deletionTimestamp"):
            error.message = f"object is being deleted: {error.message}"
        return error

    def _fill_system_fields(self, call: Call, obj: Obj) -> None:
        backend, meta = self.backend, obj["metadata"]
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
            meta.pop(field, None)
        meta["uid"] = backend.entropy.uuid()
        meta["creationTimestamp"] = backend.now()
        if call.resource.namespaced:
            meta["namespace"] = call.namespace
        else:
            meta.pop("namespace", None)
        if meta.get("generateName") and not meta.get("name"):
            self._generate_name(meta)

    def _generate_name(self, meta: Obj) -> None:
        meta["name"] = meta["generateName"][:58] + self.backend.entropy.suffix()

    async def update(self, call: Call) -> Response:
        """Answer a PUT to an object or its status."""
        write_options(call, "UpdateOptions")
        encoding = negotiate(call.request.header("accept"), is_list=False)
        resource = call.resource
        obj = decode_object(call, read_tree(call, resource.kind), resource)
        check_name(call, obj)
        check_namespace(call, obj)
        obj["metadata"]["name"] = call.name
        code, item = 200, await self._put_new(call, obj)
        if item is None:
            item = await self.replace(call, _each_time(obj))
        else:
            code = 201
        tree = served_tree(resource, item) if item.revision or code == 200 else obj
        shown = transformed(resource, tree, encoding, include_object_of(call), self.backend.clock.now())
        return answer_tree(shown, code, encoding, call.warnings)

    async def _put_new(self, call: Call, obj: Obj) -> Item | None:
        """Create what a PUT names, if it is of a kind that may be created so and is not there."""
        resource, meta = call.resource, obj["metadata"]
        if call.subresource is not None or (resource.group, resource.kind) not in _PUT_CREATES:
            return None
        await self.backend.cache.current()
        if resource.key(call.namespace, call.name) in self.backend.cached(resource).items:
            return None
        refuse_uid(call, meta)
        for field in ("managedFields", "resourceVersion"):
            meta.pop(field, None)
        self._track(call, None, obj)
        call.verb = "create"  # which admission asks for
        return await self.store_new(call, obj)

    async def replace(self, call: Call, make: Callable[[Obj], Obj], *, tracked: bool = False) -> Item:
        """Store what `make` returns for the current object, again when somebody else was faster."""
        for _ in range(MAX_ATTEMPTS):
            await self.backend.cache.current()
            old_item = self.backend.cached(call.resource).items.get(call.resource.key(call.namespace, call.name))
            if old_item is None:
                raise not_found(call.resource, call.name)
            shown = await self.served(call.resource, old_item)
            old = served_tree(call.resource, shown)
            obj = make(served_tree(call.resource, shown))
            check_uid(call, old_item.key, obj["metadata"].get("uid", ""), old["metadata"].get("uid", ""))
            stated = obj["metadata"].get("resourceVersion", "")
            stated = "" if stated == "0" else stated
            if not stated and call.verb == "update" and call.subresource is None and needs_version(call.resource):
                problem = invalid("metadata.resourceVersion", 0, "must be specified for an update")
                raise invalid_status(call.resource.plural, call.resource.group, call.name, [problem])
            if stated and stated != str(old_item.revision):
                if not stated.isdigit():
                    raise _bad_version(call, stated)
                raise conflict(call.resource, call.name, CHANGED)
            try:
                return await self.store_changed(call, obj, old, old_item, tracked=tracked)
            except Mismatch:
                continue
        raise conflict(call.resource, call.name, CHANGED)

    async def store_changed(self, call: Call, obj: Obj, old: Obj, old_item: Item, *, tracked: bool = False) -> Item:
        """Admit, prepare, validate and store the new form of an object; raises Mismatch when it changed meanwhile."""
        resource = call.resource
        inherit_system_fields(obj, old)
        if not tracked:
            self._track(call, old, obj)
        await self.admission.mutate(call, obj, old)
        obj = self._prepared(call, obj, old)
        findings = meta_findings(resource, obj["metadata"], old["metadata"])
        findings += self._validate_update(call, obj, old)
        if findings:
            raise invalid_object(resource, call.name, findings)
        await self.admission.validate(call, obj, old)
        return await self._put(call, obj, old, old_item)

    def _prepared(self, call: Call, obj: Obj, old: Obj) -> Obj:
        resource = call.resource
        sub = call.subresource.name if call.subresource else ""
        if sub in ("status", "approval"):
            new = strategies.prepare_status(resource, obj, old)
            if sub == "approval":
                strategies.stamp_conditions(new, self.backend.now())
            if resource.kind == "PersistentVolume":
                strategies.stamp_phase(new, old, self.backend.now())
            return new
        if sub == "finalize":
            return {**old, "metadata": obj["metadata"], "spec": obj.get("spec") or {}}
        if sub in ("ephemeralcontainers", "resize"):
            obj = strategies.prepare_pod_part(sub, obj, old)
        if sub == "" or sub == "scale":
            strategies.prepare_update(resource, obj, old)
        elif sub != "binding":
            strategies.count_generation(resource, obj, old)
        return obj

    def _validate_update(self, call: Call, obj: Obj, old: Obj) -> list[FieldError]:
        resource = call.resource
        if resource.is_custom:
            return validate_custom(call, obj, old)
        sub = call.subresource.name if call.subresource is not None else ""
        if sub in ("status", "approval"):
            return validate_status(resource.group, resource.kind, obj, old)
        if sub in ("ephemeralcontainers", "resize"):
            return validate_pod_subresource(sub, obj, old)
        if sub == "finalize":
            return namespace_finalize(obj, old)
        if sub not in ("", "scale"):
            return []
        if resource.kind == "CustomResourceDefinition":
            warn_of_definition(call, obj)
        return validate_kind_update(resource.group, resource.kind, obj, old)

    async def _put(self, call: Call, obj: Obj, old: Obj, old_item: Item) -> Item:
        resource, backend = call.resource, self.backend
        obj["metadata"]["resourceVersion"] = str(old_item.revision)
        keep_times(obj, old)
        if obj == old or await self.raw(resource, obj) == old_item.raw:
            return await self.served(resource, old_item)
        cleanup = await self.admission.allocate(call, obj, old)
        raw = await self.raw(resource, obj, cleanup)
        is_gone = is_finished(resource, obj)
        if call.dry_run:
            await self.admission.release(cleanup)
            return await self.served(resource, old_item.replaced(raw, old_item.revision))
        try:
            revision = await backend.write(old_item.key, old_item.revision, None if is_gone else raw)
        except Mismatch:
            await self.admission.release(cleanup)
            raise
        if is_gone:
            await self.admission.deleted(resource, old)
            return await self.served(resource, old_item.replaced(raw, old_item.revision))
        await self.admission.deleted(resource, old, obj)
        return await self.served(resource, old_item.replaced(raw, revision))


def _each_time(obj: Obj) -> Callable[[Obj], Obj]:
    """Return a maker of new forms from the body of a PUT: anew where it is tried again, as an attempt changes what it gets."""
    if obj["metadata"].get("resourceVersion"):
        return lambda old: obj  # which conflicts when it is tried again
    forms = [obj, deepcopy(obj)]
    return lambda old: forms.pop(0) if len(forms) > 1 else deepcopy(forms[0])


def empty_object(resource: Resource) -> Obj:
    """Return what an object of a kind is before anything is set: structs held by value are there, but empty."""
    if resource.is_custom:
        return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": {}}
    empty: Obj = decode(resource.schema, {})[0]
    return {**empty, "kind": resource.kind, "apiVersion": resource.api_version}


def reset_fields(resource: Resource, subresource: str) -> FieldSet | None:
    """Return the fields an endpoint ignores, which therefore nobody comes to own there."""
    if resource.kind == "CertificateSigningRequest" and not subresource:
        return _RESET_BOTH
    if subresource == "status":
        return _RESET_SPEC_META if resource.is_custom else _RESET_SPEC
    if strategies.has_status(resource) and not subresource:
        return _RESET_STATUS
    return None


def meta_findings(resource: Resource, new: Obj, old: Obj) -> list[FieldError]:
    """Return what is wrong with new metadata, as often as the reference server says so: each of its layers looks again."""
    return validate_meta_update(new, old, resource.group, resource.kind, is_custom=resource.is_custom)


def _has_free_finalizers(resource: Resource) -> bool:
    return resource.is_custom or are_finalizers_free(resource.group, resource.kind)


def is_finished(resource: Resource, obj: Obj) -> bool:
    """Whether nothing keeps an object that is being deleted."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if resource.kind == "Namespace" and resource.group == "" and (obj.get("spec") or {}).get("finalizers"):
        return False
    return not meta.get("deletionGracePeriodSeconds")


def keep_times(obj: Obj, old: Obj) -> None:
    """Keep the times of managedFields entries that did not change, so that a write without effect stores nothing."""
    before = {entry_key(entry): entry for entry in old["metadata"].get("managedFields") or ()}
    for entry in obj["metadata"].get("managedFields") or ():
        same = before.get(entry_key(entry))
        if same is not None and same.get("fieldsV1") == entry.get("fieldsV1") and "time" in same:
            entry["time"] = same["time"]


def entry_key(entry: Obj) -> tuple[str, ...]:
    """Return the identity of a managedFields entry."""
    return tuple(str(entry.get(key, "")) for key in ("manager", "operation", "apiVersion", "subresource"))


def inherit_system_fields(obj: Obj, old: Obj) -> None:
    """Fill in the metadata a client may leave out of an update."""
    meta, before = obj["metadata"], old["metadata"]
    for field in ("creationTimestamp", "selfLink"):
        if field in before:
            meta[field] = before[field]
        else:
            meta.pop(field, None)
    for field in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"):
        if field in before and not meta.get(field):
            meta[field] = before[field]
    if "namespace" in before:
        meta.setdefault("namespace", before["namespace"])
    else:
        meta.pop("namespace", None)
    if before.get("generation"):
        meta["generation"] = before["generation"]


def check_namespace(call: Call, obj: Obj) -> None:
    """Raise 400 when a body names another namespace than the path."""
    stated = obj["metadata"].get("namespace", "")
    if call.resource.namespaced and stated and stated != call.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def check_name(call: Call, obj: Obj) -> None:
    """Raise 400 when a body names another object than the path."""
    stated = obj["metadata"].get("name", "")
    if stated != call.name:
        if not stated:
            raise bad_request(f"the name of the object ({call.name} based on URL) was undeterminable: name must be provided")
        raise bad_request(f"the name of the object ({stated}) does not match the name on the URL ({call.name})")


def needs_version(resource: Resource) -> bool:
    """Whether a PUT must say which revision it replaces."""
    return resource.is_custom or resource.kind in _NEED_VERSION


def _bad_version(call: Call, stated: str) -> StatusError:
    why = f'strconv.ParseUint: parsing "{stated}": invalid syntax'
    if call.verb == "update":
        return StatusError(500, "", why)
    return invalid_object(call.resource, call.name, [invalid("metadata.resourceVersion", stated, why)])

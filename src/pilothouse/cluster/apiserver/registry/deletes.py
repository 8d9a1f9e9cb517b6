"""delete and deletecollection: preconditions, finalizers, propagation, grace periods."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pilothouse.api.findings import FieldError, invalid, unsupported
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, conflict, names, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.bodies import read_body
from pilothouse.cluster.apiserver.http.negotiate import PLAIN, negotiate
from pilothouse.cluster.apiserver.http.respond import answer, answer_tree
from pilothouse.cluster.apiserver.registry.codec import served_tree
from pilothouse.cluster.apiserver.registry.options import list_options, parse_bool, parse_int
from pilothouse.cluster.apiserver.registry.output import listed
from pilothouse.cluster.apiserver.registry.selection import Selection
from pilothouse.cluster.apiserver.registry.writes import CHANGED, MAX_ATTEMPTS, Writer, is_finished
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.clock import rfc3339
from pilothouse.store.revisions import Mismatch
from pilothouse.wire.http.messages import Response

CRD_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
_OPTIONS_SCHEME = 'in scheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"'
_POLICIES = ("Foreground", "Background", "Orphan")
_SHOWS_OBJECT = frozenset(("Pod", "Service", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "PodTemplate",
                           "ResourceQuota", "CSIDriver", "CSINode", "StorageClass", "VolumeAttachment",
                           "VolumeAttributesClass"))  # fmt: skip
"""Kinds whose delete answers the object; every other kind answers a Status."""


class DeleteOptions(msgspec.Struct, frozen=True):
    """What a delete asks for."""

    grace_s: int | None = None
    uid: str | None = None
    revision: str | None = None
    orphan: bool | None = None
    policy: str = ""
    dry_run: bool = False


class _Preconditions(msgspec.Struct, frozen=True, rename="camel"):
    uid: str | None = None
    resource_version: str | None = None


class _Stated(msgspec.Struct, frozen=True, rename="camel"):
    """The fields of a DeleteOptions, as a client writes them."""

    kind: str | None = None
    api_version: str | None = None
    grace_period_seconds: Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)] | None = None
    preconditions: _Preconditions | None = None
    orphan_dependents: bool | None = None
    propagation_policy: str | None = None
    dry_run: list[str] | None = None


def delete_options(call: Call) -> DeleteOptions:
    """Read the options of a delete from body and query; raises 400 or 422."""
    tree: Obj = {}
    if call.request.body:
        try:
            found = read_body(call.request.body, call.request.header("content-type"), want_duplicates=False).value
        except ValueError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from None
        if not isinstance(found, dict):
            raise bad_request("the delete options must be an object")
        tree = found
    kind, version = tree.get("kind", "DeleteOptions"), tree.get("apiVersion", "v1")
    if kind != "DeleteOptions":
        raise bad_request(f'no kind "{kind}" is registered for version "{version}" {_OPTIONS_SCHEME}')
    return checked_options(call, tree)


def _stated(tree: Obj) -> _Stated:
    try:
        return msgspec.convert(tree, _Stated)
    except msgspec.ValidationError as error:
        raise bad_request(f"json: cannot unmarshal into Go value of type v1.DeleteOptions: {error}") from None


def checked_options(call: Call, tree: Obj) -> DeleteOptions:
    """Return the options that a DeleteOptions tree and the query state; raises 400 or 422."""
    params, call.removal, stated = call.params, tree, _stated(tree)
    dry = list(stated.dry_run or []) + [value for key, value in call.request.query if key == "dryRun"]
    policy = stated.propagation_policy or params.get("propagationPolicy", "")
    orphan = stated.orphan_dependents
    if "orphanDependents" in params:
        orphan = parse_bool(params["orphanDependents"])
    grace = stated.grace_period_seconds
    if grace is None and params.get("gracePeriodSeconds"):
        grace = parse_int(params["gracePeriodSeconds"])
    findings: list[FieldError] = []
    if orphan is not None and policy:
        text = "orphanDependents and deletionPropagation cannot be both set"
        findings.append(invalid("propagationPolicy", policy, text))
    if policy and policy not in _POLICIES:
        findings.append(unsupported("propagationPolicy", policy, (*_POLICIES, "nil")))
    if any(value != "All" for value in dry):
        findings.append(unsupported("dryRun", dry, ["All"]))
    if findings:
        raise invalid_status("DeleteOptions", "meta.k8s.io", "", findings)
    conditions = stated.preconditions or _Preconditions()
    return DeleteOptions(grace, conditions.uid, conditions.resource_version, orphan, policy, bool(dry))


class Deleter:
    """Deletes objects."""

    def __init__(self, writer: Writer) -> None:
        """Write through `writer`."""
        self.writer, self.backend = writer, writer.backend

    async def delete(self, call: Call) -> Response:
        """Answer a DELETE of one object."""
        negotiate(call.request.header("accept"), is_list=False)
        options = delete_options(call)
        call.dry_run = options.dry_run
        tree, is_gone = await self.remove(call, options)
        if is_gone and not _shows(call.resource, tree):
            return answer_tree(success(call.resource, tree), 200, PLAIN, call.warnings)
        return answer_tree(tree, 200, PLAIN, call.warnings)

    async def remove(self, call: Call, options: DeleteOptions) -> tuple[Obj, bool]:
        """Delete or begin to delete; returns (the object as it was or is now, whether it is gone)."""
        for _ in range(MAX_ATTEMPTS):
            await self.backend.cache.current()
            item = self.backend.cached(call.resource).items.get(call.resource.key(call.namespace, call.name))
            if item is None:
                raise not_found(call.resource, call.name)
            shown = await self.writer.served(call.resource, item)
            tree = served_tree(call.resource, shown)
            check_preconditions(call, options, tree)
            await self.writer.admission.mutate(call, tree, None)
            await self.writer.admission.validate(call, tree, None)
            try:
                return await self._attempt(call, options, shown, tree)
            except Mismatch:
                continue
        raise conflict(call.resource, call.name, CHANGED)

    async def _attempt(self, call: Call, options: DeleteOptions, item: Item, tree: Obj) -> tuple[Obj, bool]:
        resource = call.resource
        changed = served_tree(resource, item)
        meta = changed["metadata"]
        _propagation_finalizers(meta, options)
        if resource.kind == "CustomResourceDefinition" and resource.group == "apiextensions.k8s.io":
            _clean_up_first(changed, self.backend.now())
        grace = _grace(resource, changed, options)
        already = bool(meta.get("deletionTimestamp"))
        is_namespace = resource.kind == "Namespace" and resource.group == ""
        keeps = bool(meta.get("finalizers")) or (
            is_namespace and (not already or bool(changed.get("spec", {}).get("finalizers")))
        )
        if not keeps and grace == 0:
            return await self._erase(resource, item, tree, dry_run=options.dry_run), True
        if not already or grace < meta.get("deletionGracePeriodSeconds", 0):
            self._mark(resource, changed, grace)
        if not already and meta.get("generation") and "deletionGracePeriodSeconds" in meta:
            meta["generation"] += 1
        if changed == tree or options.dry_run:
            return changed, False
        raw = await self.writer.raw(resource, changed)
        if is_finished(resource, changed) and not is_namespace:
            await self.backend.write(item.key, item.revision, None)
            return tree, True
        meta["resourceVersion"] = str(await self.backend.write(item.key, item.revision, raw))
        return changed, False

    async def _erase(self, resource: Resource, item: Item, tree: Obj, *, dry_run: bool) -> Obj:
        """Delete an object at once; watchers of a Pod still see first that it is being deleted."""
        revision = item.revision
        if resource.kind == "Pod" and not resource.group:
            if not tree["metadata"].get("deletionTimestamp"):
                tree["metadata"]["generation"] = tree["metadata"].get("generation", 0) + 1
            self._mark(resource, tree, 0)
            if not dry_run:
                revision = await self.backend.write(item.key, revision, await self.writer.raw(resource, tree))
        if not dry_run:
            await self.backend.write(item.key, revision, None)
            await self.writer.admission.deleted(resource, tree)
        return tree

    def _mark(self, resource: Resource, tree: Obj, grace: int) -> None:
        meta = tree["metadata"]
        if resource.kind == "Namespace" and resource.group == "":
            meta.setdefault("deletionTimestamp", self.backend.now())
            tree.setdefault("status", {})["phase"] = "Terminating"
            meta.pop("generation", None)
            return
        if resource.kind == "CustomResourceDefinition":
            meta.setdefault("deletionTimestamp", self.backend.now())
            return
        meta["deletionTimestamp"] = rfc3339(self.backend.clock.now() + grace)
        meta["deletionGracePeriodSeconds"] = grace

    async def delete_collection(self, call: Call) -> Response:
        """Answer a DELETE of a collection."""
        options = delete_options(call)
        call.dry_run = options.dry_run
        list_options({key: value for key, value in call.params.items() if key != "dryRun"}, watch=False)
        selection = Selection(call)
        await self.backend.cache.current()
        items = [item for item in self.backend.cached(call.resource).scan(selection.prefix()) if selection.matches(item)]
        revision = self.backend.cache.revision
        for item in items:
            one = Call(
                call.request, call.user, "delete", call.resource, item.namespace, item.name, None, call.params, call.warnings,
                options.dry_run, removal=call.removal,
            )  # fmt: skip
            try:
                await self.remove(one, options)
            except StatusError as error:
                if error.code != 404:
                    raise
        if self.backend.conversions is not None:
            items = await self.backend.conversions.served(call.resource, items)
        body = listed(call.resource, items, {"resourceVersion": str(revision)}, PLAIN, "", self.backend.clock.now())
        return answer(body, 200, PLAIN, call.warnings)


def check_preconditions(call: Call, options: DeleteOptions, tree: Obj) -> None:
    """Raise 409 when a precondition does not hold."""
    meta = tree["metadata"]
    if options.uid is not None and options.uid != meta.get("uid"):
        why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {meta.get('uid')}"
        raise conflict(call.resource, call.name, why)
    if options.revision is not None and options.revision != meta.get("resourceVersion"):
        why = "Precondition failed: ResourceVersion in precondition: "
        why += f"{options.revision}, ResourceVersion in object meta: {meta.get('resourceVersion')}"
        raise conflict(call.resource, call.name, why)


def _propagation_finalizers(meta: Obj, options: DeleteOptions) -> None:
    before = list(meta.get("finalizers") or [])
    finalizers = before
    if options.policy == "Orphan" or options.orphan:
        finalizers = [*[name for name in before if name not in ("orphan", "foregroundDeletion")], "orphan"]
    elif options.policy == "Foreground":
        finalizers = [*[name for name in before if name not in ("orphan", "foregroundDeletion")], "foregroundDeletion"]
    elif options.policy == "Background" or options.orphan is False:
        finalizers = [name for name in before if name not in ("orphan", "foregroundDeletion")]
    if set(finalizers) != set(before):
        if finalizers:
            meta["finalizers"] = finalizers
        else:
            meta.pop("finalizers", None)


def _clean_up_first(crd: Obj, now: str) -> None:
    """Keep a definition until its objects are gone."""
    finalizers = crd["metadata"].get("finalizers") or []
    if CRD_FINALIZER not in finalizers and not crd["metadata"].get("deletionTimestamp"):
        crd["metadata"]["finalizers"] = [*finalizers, CRD_FINALIZER]
    conditions = crd.setdefault("status", {}).setdefault("conditions", [])
    if not any(condition["type"] == "Terminating" and condition["status"] == "True" for condition in conditions):
        message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
        conditions[:] = [condition for condition in conditions if condition["type"] != "Terminating"]
        conditions.append({
            "type": "Terminating", "status": "True", "lastTransitionTime": now, "reason": "InstanceDeletionPending",
            "message": message,
        })  # fmt: skip


def _grace(resource: Resource, tree: Obj, options: DeleteOptions) -> int:
    if resource.kind != "Pod" or resource.group:
        return 0
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    grace = options.grace_s
    if grace is None:  # a Pod that is being deleted keeps the time it has
        grace = tree["metadata"].get("deletionGracePeriodSeconds", spec.get("terminationGracePeriodSeconds", 30))
    if not spec.get("nodeName") or status.get("phase") in ("Failed", "Succeeded"):
        return 0
    return 1 if grace < 0 else grace


def _shows(resource: Resource, tree: Obj) -> bool:
    return resource.kind in _SHOWS_OBJECT and not resource.is_custom


def success(resource: Resource, tree: Obj) -> Obj:
    """Return the Status of a finished delete."""
    meta = tree["metadata"]
    details = names(meta["name"], resource.group, resource.plural, uid=meta.get("uid", ""))
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

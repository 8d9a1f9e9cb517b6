"""patch: JSON patch, merge patch and strategic merge patch; `applying` does server-side apply."""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.findings import FieldError, forbidden, invalid, required
from pilothouse.api.patch.json import PatchFailed, apply_json_patch
from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.api.patch.strategic import StrategicPatchError, apply_strategic_patch
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.bodies import check_size, has_duplicates, parse_json
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import check_type, keep_reset, served_tree, typed
from pilothouse.cluster.apiserver.registry.options import parse_bool, write_options
from pilothouse.cluster.apiserver.registry.output import include_object_of, transformed
from pilothouse.cluster.apiserver.registry.patching.applying import Applier
from pilothouse.cluster.apiserver.registry.patching.findings import patch_findings
from pilothouse.cluster.apiserver.registry.scale import decode_scale, scale_of, with_replicas
from pilothouse.cluster.apiserver.registry.writes import Writer, check_name, check_namespace
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.errors import BadRequest, PilothouseError, TooLarge
from pilothouse.wire.http.messages import Response

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
APPLY_CBOR = "application/apply-patch+cbor"
_META_ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip
_REJECTED = "the server rejected our request due to an error in our request"


class Patcher:
    """Answers PATCH requests."""

    def __init__(self, writer: Writer) -> None:
        """Write through `writer`."""
        self.writer, self.backend = writer, writer.backend
        self._applier = Applier(writer)

    async def patch(self, call: Call) -> Response:
        """Answer a PATCH of an object, its status or its scale."""
        kind = call.request.header("content-type").partition(";")[0].strip().lower()
        supported = [JSON_PATCH, MERGE, APPLY] if call.resource.is_custom else [JSON_PATCH, MERGE, STRATEGIC, APPLY]
        if kind not in supported:
            raise unsupported_media(kind, supported)
        check_size(call.request.body)
        write_options(call, "PatchOptions")
        self._patch_options(call, kind)
        encoding = negotiate(call.request.header("accept"), is_list=False)
        if kind == APPLY:
            item, status = await self._applier.apply(call)
        else:
            item, status = await self.writer.replace(call, self._maker(call, kind)), 200
        tree = served_tree(call.resource, item)
        if not item.revision:
            tree["metadata"].pop("resourceVersion", None)
        shown = transformed(call.resource, tree, encoding, include_object_of(call), self.backend.clock.now())
        return answer_tree(shown, status, encoding, call.warnings)

    async def patch_scale(self, call: Call) -> Item:
        """Apply a PATCH of the scale subresource; returns the object it scaled."""
        kind = call.request.header("content-type").partition(";")[0].strip().lower()
        if kind not in (JSON_PATCH, MERGE, STRATEGIC, APPLY):
            raise unsupported_media(kind, [JSON_PATCH, MERGE, STRATEGIC, APPLY])
        check_size(call.request.body)
        write_options(call, "PatchOptions")
        self._patch_options(call, kind)
        assert call.subresource is not None
        patch: Any
        if kind == APPLY:
            return await self._applier.apply_scale(call)
        if kind == JSON_PATCH:
            patch = _decode(call.request.body, "error decoding patch: ", list, "[]handlers.jsonPatchOp")
        else:
            patch = _decode(call.request.body, "error decoding patch: ", dict, "map[string]interface {}")
        schema = call.subresource.schema

        def make(old: Obj) -> Obj:
            document = _merged(kind, patch, scale_of(call.resource, old, may_be_unset=True), schema)
            if not isinstance(document, dict):
                raise StatusError(422, "Invalid", _REJECTED, {})
            return with_replicas(call.resource, old, decode_scale(call, document))

        return await self.writer.replace(call, make)

    def _patch_options(self, call: Call, kind: str) -> None:
        findings: list[FieldError] = []
        if kind == APPLY:
            if not call.params.get("fieldManager"):
                findings.append(required("fieldManager", "is required for apply patch"))
        elif "force" in call.params:
            findings.append(forbidden("force", "may not be specified for non-apply patch"))
        call.force = parse_bool(call.params.get("force"))
        if findings:
            raise invalid_status("PatchOptions", "meta.k8s.io", "", findings)

    def _maker(self, call: Call, kind: str) -> Any:
        if kind == JSON_PATCH:
            patch = _decode(call.request.body, "error decoding patch: ", list, "[]handlers.jsonPatchOp")
        elif kind == MERGE:
            patch = _decode(call.request.body, "error decoding patch: ", dict, "map[string]interface {}")
        else:
            patch = _decode(call.request.body, "", dict, "map[string]interface {}")
        has_repeats = call.field_validation != "Ignore" and has_duplicates(call.request.body, patch)

        def make(old: Obj) -> Obj:
            return self.patched(call, kind, patch, old, has_repeats=has_repeats)

        return make

    def patched(self, call: Call, kind: str, patch: Any, old: Obj, *, has_repeats: bool = False) -> Obj:
        """Return `old` with the patch applied, decoded and checked."""
        resource = call.resource
        document = _merged(kind, patch, old, resource.schema if not resource.is_custom else None)
        if not isinstance(document, dict):
            raise StatusError(422, "Invalid", _REJECTED, {})
        shown = go_map(patch) if kind == STRATEGIC else _shown(document, old, resource)
        try:
            check_type(document, resource.kind, resource.api_version)
            obj, has_unknown = typed(resource, document)
        except PilothouseError as error:
            why = error.message
            if "cannot be handled as a " in why:
                why = why.split("cannot be handled as a ", 1)[-1].split(": ", 1)[-1]
            if isinstance(error, StatusError) and "is registered for version" not in error.message:
                raise
            if kind == STRATEGIC and "cannot unmarshal" in why:
                why = f"unrecognized type: {why.rsplit(' ', 1)[-1]}"
            raise invalid_patch(shown, why) from None
        keep_reset(document, obj)
        self._report(call, kind, patch, document, shown, has_unknown=has_unknown, has_repeats=has_repeats)
        check_name(call, obj)
        check_namespace(call, obj)
        return obj

    def _report(
        self, call: Call, kind: str, patch: Any, document: Obj, shown: str, *, has_unknown: bool, has_repeats: bool
    ) -> None:
        if call.field_validation == "Ignore":
            return
        findings = patch_findings(call, kind, document, has_unknown=has_unknown, has_repeats=has_repeats)
        if not findings:
            return
        if call.field_validation == "Strict":
            raise invalid_patch(shown, f"strict decoding error: {', '.join(findings)}")
        for finding in findings:
            call.warn(finding)


def _merged(kind: str, patch: Any, old: Obj, schema: Any) -> Any:
    try:
        if kind == JSON_PATCH:
            return apply_json_patch(old, patch)
        if kind == MERGE:
            return apply_merge_patch(old, patch)
        return apply_strategic_patch(old, patch, schema)
    except TooLarge as error:
        raise StatusError(413, "RequestEntityTooLarge", f"Request entity too large: {error.message}") from None
    except StrategicPatchError as error:
        raise StatusError(500, "", error.message) from None
    except (PatchFailed, BadRequest):
        raise StatusError(422, "Invalid", _REJECTED, {}) from None


def _decode(raw: bytes, prefix: str, wanted: type, go: str) -> Any:
    try:
        value = parse_json(raw)
    except ValueError as error:
        raise bad_request(f"{prefix}{str(error) or 'unexpected end of JSON input'}") from None
    if not isinstance(value, wanted):
        found = {str: "string", list: "array", bool: "bool", dict: "object"}.get(type(value), "number")
        if value is None and wanted is dict:
            return {}
        raise bad_request(f"{prefix}json: cannot unmarshal {found} into Go value of type {go}")
    return value


def invalid_patch(shown: str, why: str) -> StatusError:
    """422 for a patch whose result is no object of the kind."""
    return invalid_status("", "", "", [invalid("patch", shown, why)])


def _shown(document: Obj, old: Obj, resource: Resource) -> str:
    """Return a patched document as JSON: what the patch changed is sorted, metadata of built-in kinds has its own order."""
    if resource.is_custom:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    return orjson.dumps(_sorted_where_changed(document, old)).decode()


def _sorted_where_changed(value: Any, old: Any) -> Any:
    if not isinstance(value, dict) or value == old:
        return value
    before = old if isinstance(old, dict) else {}
    out = {key: _sorted_where_changed(value[key], before.get(key)) for key in sorted(value)}
    meta = value.get("metadata")
    if isinstance(meta, dict) and meta == before.get("metadata"):
        out["metadata"] = {key: meta[key] for key in sorted(meta, key=_META_ORDER.index)}
    return out


def go_map(value: Any) -> str:
    """Return a value as Go prints maps."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_map(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_map(item) for item in value) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def unsupported_media(kind: str, supported: list[str]) -> StatusError:
    """415 for a patch type nobody knows, or one the resource does not take."""
    if kind == STRATEGIC:
        text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(supported)
        return StatusError(415, "UnsupportedMediaType", text)
    return StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})

"""From request bodies to objects, from objects to stored bytes, between served and stored versions."""

from __future__ import annotations

from typing import Any

from pilothouse.api.defaults import apply_defaults
from pilothouse.api.findings import invalid as invalid_value
from pilothouse.api.findings import quote
from pilothouse.api.schema.custom import decode_custom
from pilothouse.api.schema.decode import decode, nulled
from pilothouse.api.schema.node import Schema
from pilothouse.api.schema.strict import strict_findings
from pilothouse.api.scheme import Resource, Subresource, is_built_in
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, forbidden, invalid
from pilothouse.cluster.apiserver.http.bodies import Body, check_depth, parse_pairs, read_body
from pilothouse.cluster.apiserver.http.respond import dumps_to_keep
from pilothouse.cluster.apiserver.registry.conversion import convert
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.errors import PilothouseError

_SCHEME = 'in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'

MAX_SHOWN = 4096


def read_tree(call: Call, kind: str) -> Body:
    """Parse the body of a write; raises 400 when it is not an object."""
    raw = call.request.body
    try:
        body = read_body(raw, call.request.header("content-type"), want_duplicates=call.field_validation != "Ignore")
    except ValueError as error:
        raise unrecognized(kind, str(error), raw) from None
    if body.value is None:
        body.value = {} if raw.strip() == b"null" else None
    if not isinstance(body.value, dict):
        found = {str: "string", list: "array", bool: "bool"}.get(type(body.value), "number")
        struct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
        raise unrecognized(kind, f"json: cannot unmarshal {found} into Go value of type {struct}", raw)
    for field in ("kind", "apiVersion"):
        value = body.value.get(field)
        if value is not None and not isinstance(value, str):
            found = {list: "array", bool: "bool", dict: "object"}.get(type(value), "number")
            raise unrecognized(kind, f"json: cannot unmarshal {found} into Go struct field .{field} of type string", raw)
    check_depth(body.value)
    return body


def unrecognized(kind: str, why: str, raw: bytes) -> StatusError:
    """400 for a body without a readable type."""
    why = why or "unexpected end of JSON input"
    prefix = f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
    return bad_request(f"{prefix}json parse error: {why} ({_sample(raw)})")


def _sample(raw: bytes) -> str:
    """Return the start of a body as messages show it."""
    if not raw:
        return "<empty>"
    if raw.lstrip()[:1] != b"{":
        return raw[:1024].hex()
    shown = raw[:1024].decode("utf-8", "replace")
    return shown if len(shown) <= 30 else f"{shown[:30]} ..."


def check_type(tree: Obj, kind: str, api_version: str) -> None:
    """Raise 400 when a body states another type than its path; fills in what it leaves out."""
    stated_kind, stated_version = tree.get("kind") or kind, tree.get("apiVersion") or api_version
    if stated_kind == kind and stated_version == api_version:
        return
    version = (
        stated_version.rpartition("/")[2] if stated_kind == kind and stated_version.count("/") == api_version.count("/") else ""
    )
    shown = version or stated_version.rpartition("/")[2]
    why = f'no kind "{stated_kind}" is registered for version "{stated_version}" {_SCHEME}'
    if is_built_in(stated_kind, stated_version):
        group = api_version.partition("/")[0] if "/" in api_version else "core"
        stated_type, wanted_type = f"{shown}.{stated_kind}", f"{group.partition('.')[0]}.{kind}"
        why = f"converting ({stated_type}) to ({wanted_type}): unknown conversion"
    raise cannot_handle(kind, shown, why, stated_kind)


def cannot_handle(kind: str, version: str, why: str, stated: str = "") -> StatusError:
    """400 for a body that does not decode; `stated` is the kind it says it is, when that is another one."""
    return bad_request(f'{stated or kind} in version "{version}" cannot be handled as a {kind}: {why}')


def decode_object(call: Call, body: Body, resource: Resource) -> Obj:
    """Return the typed, defaulted object of a create or update body."""
    tree = body.value
    if resource.is_custom:
        _check_is_typed(resource, body)
    else:
        check_type(tree, resource.kind, resource.api_version)
    try:
        result, has_unknown = typed(resource, tree)
    except PilothouseError as error:
        if isinstance(error, StatusError):
            raise
        raise cannot_handle(resource.kind, resource.version, error.message) from None
    schema = resource.stored_schemas.get(body.value.get("apiVersion"), resource.schema)
    report_findings(call, body, schema, resource, has_unknown=has_unknown)
    if resource.is_custom:
        _check_custom(call, tree, resource)
    keep_reset(tree, result)
    return result


def _check_is_typed(resource: Resource, body: Body) -> None:
    """Raise 400 for a custom object that does not say what it is."""
    if not body.value.get("kind"):
        text = body.raw.decode("utf-8", "replace") if body.raw else "{}"
        why = f"Object 'Kind' is missing in '{text[:MAX_SHOWN]}' ({_sample(body.raw or b'{}')})"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")


def _check_custom(call: Call, tree: Obj, resource: Resource) -> None:
    """Raise what keeps a readable custom object from being one of its path: another version, another kind, no new ones."""
    stated = tree.get("apiVersion") or ""
    if stated != resource.api_version:
        text = f"the API version in the data ({stated}) does not match the expected API version ({resource.api_version})"
        raise bad_request(text)
    name = str((tree.get("metadata") or {}).get("name") or "")
    if resource.is_terminating and call.verb == "create":
        raise forbidden(resource, name, "create not allowed while custom resource definition is terminating")
    if tree["kind"] != resource.kind:
        finding = invalid_value("kind", tree["kind"], f"must be {resource.kind}")
        raise invalid(tree["kind"], resource.group, name, [finding])


def keep_reset(tree: Obj, result: Obj) -> None:
    """Keep an empty list of managedFields, which asks to forget them all."""
    stated = tree.get("metadata")
    if isinstance(stated, dict) and stated.get("managedFields") == []:
        result["metadata"]["managedFields"] = []


def typed(resource: Resource, tree: Any) -> tuple[Obj, bool]:
    """Return (the object in the canonical form of its version, with defaults; whether unknown fields were dropped)."""
    if resource.is_custom:
        stated = str(tree.get("apiVersion"))
        result, has_unknown = decode_custom(resource.stored_schemas.get(stated, resource.schema), tree)
    else:
        result, has_unknown = decode(resource.schema, tree)
    result["kind"], result["apiVersion"] = resource.kind, resource.api_version
    if not isinstance(result.get("metadata"), dict):
        result["metadata"] = {}
    if not resource.is_custom:
        apply_defaults(resource.group, resource.kind, result)
    return result, has_unknown


def report_findings(call: Call, body: Body, schema: Schema, kind: Resource | Subresource, *, has_unknown: bool) -> None:
    """Refuse or warn about unknown and duplicate fields of a body of `kind`, as fieldValidation asks."""
    if call.field_validation == "Ignore" or not (has_unknown or body.duplicates or body.yaml_duplicates):
        return
    tree = parse_pairs(body.raw) if body.raw else body.value
    findings = strict_findings(schema, tree)
    if isinstance(kind, Resource) and kind.is_custom:
        findings.sort(key=lambda finding: (not finding.startswith("duplicate"), finding))
    if call.field_validation == "Warn":
        for finding in body.yaml_duplicates + findings:
            call.warn(finding)
        return
    if body.yaml_duplicates:
        findings.insert(0, "yaml: unmarshal errors:\n  " + "\n  ".join(body.yaml_duplicates))
    raise cannot_handle(kind.kind, kind.version, f"strict decoding error: {', '.join(findings)}")


def stored_bytes(resource: Resource, obj: Obj) -> bytes:
    """Return the bytes to store: storage version, type first, no resourceVersion."""
    stored = convert(resource, obj, to_storage=True)
    metadata = {key: value for key, value in stored["metadata"].items() if key != "resourceVersion"}
    out = {"kind": stored["kind"], "apiVersion": stored["apiVersion"], "metadata": metadata}
    for key, value in stored.items():
        if key not in out:
            out[key] = value
    for key in () if resource.is_custom else nulled(resource.schema):
        if out.get(key) == []:
            out[key] = None
    return dumps_to_keep(out)


def is_stored_form(resource: Resource) -> bool:
    """Whether stored bytes can be served as they are."""
    return not resource.is_custom and (resource.storage_group, resource.storage_version) == (resource.group, resource.version)


def served_tree(resource: Resource, item: Item) -> Obj:
    """Return a private tree of an object in the version of `resource`."""
    tree = item.fresh()
    return tree if is_stored_form(resource) else convert(resource, tree, to_storage=False)


def served_body(resource: Resource, item: Item) -> bytes:
    """Return the served bytes of an object in the version of `resource`."""
    if is_stored_form(resource):
        return item.body
    key = (resource.api_version, id(resource.schema))
    return item.encoding(key, lambda found: dumps_to_keep(served_tree(resource, found)))


def quoted(text: str) -> str:
    """Return text in double quotes."""
    return quote(text)

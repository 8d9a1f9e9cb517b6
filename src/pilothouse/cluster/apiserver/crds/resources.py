"""What is served for one CustomResourceDefinition."""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.schema import Schema
from pilothouse.api.scheme import Resource, Scheme, Subresource
from pilothouse.api.scheme.resources import PrinterColumn
from pilothouse.api.scheme.table import version_priority

Obj = dict[str, Any]
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TYPE_META = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}


def resources_of(scheme: Scheme, crd: Obj) -> list[Resource]:
    """Return one resource per served version of a definition."""
    spec = crd["spec"]
    stored = next((version["name"] for version in spec.get("versions") or () if version.get("storage")), "")
    versions = spec.get("versions") or ()
    schemas = {version["name"]: schema_of(scheme, version) for version in versions}
    return [_resource(scheme, crd, version, stored, schemas) for version in versions if version.get("served")]


def schema_of(scheme: Scheme, version: Obj) -> Schema:
    """Return the schema node of one version, metadata included."""
    raw = dict((version.get("schema") or {}).get("openAPIV3Schema") or {})
    raw.setdefault("type", "object")
    own_meta = (raw.get("properties") or {}).get("metadata") or {}
    properties = {**(raw.get("properties") or {}), **_TYPE_META, "metadata": {"$ref": f"{_META}ObjectMeta"}}
    schema = scheme.definitions.build({**raw, "properties": properties, "x-metadata": own_meta})
    schema.rules = _rules_of(raw)
    return schema


def _rules_of(raw: Obj) -> object:
    """Return the rules of a schema; the language is loaded only for those that have some."""
    if b"x-kubernetes-validations" not in orjson.dumps(raw):
        return None
    from pilothouse.api.schema.expressions import base_environment
    from pilothouse.api.schema.rules.nested import has_rules
    from pilothouse.api.schema.rules.tree import Rules

    return Rules(raw, base_environment) if has_rules(raw) else None


def _resource(scheme: Scheme, crd: Obj, version: Obj, stored: str, schemas: dict[str, Schema]) -> Resource:
    spec = crd["spec"]
    names = spec["names"]
    group, name = spec["group"], version["name"]
    subs, paths = _subresources(scheme, version, group, names["kind"])
    columns = tuple(_column(column) for column in version.get("additionalPrinterColumns") or ())
    return Resource(
        group=group, version=name, kind=names["kind"], plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec.get("scope") == "Namespaced", verbs=_VERBS, schema=schemas[name],
        list_kind=names.get("listKind") or f"{names['kind']}List", short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()), subresources=subs, storage_group=group, storage_version=stored,
        storage_plural=names["plural"], is_custom=True, generation=True, columns=columns,
        selectable=tuple(field["jsonPath"].lstrip(".") for field in version.get("selectableFields") or ()),
        warning=_warning(spec, version), crd_name=crd["metadata"]["name"], scale_paths=paths,
        stored_schemas={f"{group}/{known}": schema for known, schema in schemas.items()},
        is_terminating=bool(crd["metadata"].get("deletionTimestamp")),
    )  # fmt: skip


def _warning(spec: Obj, version: Obj) -> str:
    if not version.get("deprecated"):
        return ""
    stated: str = version.get("deprecationWarning") or ""
    if stated:
        return stated
    kind, group = spec["names"]["kind"], spec["group"]
    text = f"{group}/{version['name']} {kind} is deprecated"
    newer = [item["name"] for item in spec["versions"] if item.get("served") and not item.get("deprecated")]
    newer.sort(key=version_priority)
    if newer and version_priority(newer[0]) < version_priority(version["name"]):
        text += f"; use {group}/{newer[0]} {kind}"
    return text


def _column(raw: Obj) -> PrinterColumn:
    name, kind, path = raw["name"], raw.get("type", "string"), raw.get("jsonPath", "")
    return PrinterColumn(name, kind, path, raw.get("description", ""), raw.get("format", ""), raw.get("priority", 0))


def _subresources(scheme: Scheme, version: Obj, group: str, kind: str) -> tuple[dict[str, Subresource], tuple[str, str, str]]:
    raw = version.get("subresources") or {}
    subs: dict[str, Subresource] = {}
    paths = ("", "", "")
    verbs = ("get", "patch", "update")
    if "status" in raw:
        subs["status"] = Subresource("status", group, version["name"], kind, verbs)
    scale = raw.get("scale")
    if scale is not None:
        schema = scheme.definition_of("autoscaling", "v1", "Scale")
        subs["scale"] = Subresource("scale", "autoscaling", "v1", "Scale", verbs, schema)
        paths = (scale.get("specReplicasPath", ""), scale.get("statusReplicasPath", ""), scale.get("labelSelectorPath", ""))
    return subs, paths

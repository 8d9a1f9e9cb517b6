"""Schemas of custom resources as clients read them: with the fields every object has, and for version 2 without what its readers
cannot take.

Called by the OpenAPI documents. Version 2 is what older clients validate against; they take no nullable values, no junctors, and
no structure below a node that keeps unknown fields. Source: the publishing of CustomResourceDefinitions in Kubernetes.
"""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_REF = "#/components/schemas/"
_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_JUNCTORS = frozenset(("allOf", "anyOf", "oneOf", "not"))
_KEEPS, _EMBEDDED = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"
Texts = dict[str, str]


def published(raw: Obj, gvk: Obj, texts: Texts, *, v2: bool) -> Obj:
    """Return the schema of a kind; `texts` are the descriptions of apiVersion, kind and metadata."""
    if v2 and raw.get(_KEEPS):
        return {"type": "object", "x-kubernetes-group-version-kind": [gvk]}
    out = _node(_without_keys(raw), texts, v2=v2)
    out["properties"] = {**(out.get("properties") or {}), **_of_objects(texts)}
    return {**out, "type": "object", "x-kubernetes-group-version-kind": [gvk]}


def published_list(name: str, plural: str, kind: str, gvk: Obj, texts: Texts) -> Obj:
    """Return the schema of the list of a kind."""
    items = {
        "description": f"List of {plural}. More info: {_CONVENTIONS}",
        "type": "array",
        "items": {"$ref": f"{_REF}{name}"},
    }
    meta = {"allOf": [{"$ref": f"{_REF}{META}ListMeta"}],
            "description": f"Standard list metadata. More info: {_CONVENTIONS}#types-kinds"}  # fmt: skip
    return {
        "description": f"{kind} is a list of {gvk['kind']}",
        "type": "object",
        "required": ["items"],
        "properties": {**_of_objects(texts), "metadata": meta, "items": items},
        "x-kubernetes-group-version-kind": [{**gvk, "kind": kind}],
    }


def _of_objects(texts: Texts) -> Obj:
    """Return the fields of every object, which a definition need not state."""
    return {
        "apiVersion": {"type": "string", "description": texts.get("apiVersion", "")},
        "kind": {"type": "string", "description": texts.get("kind", "")},
        "metadata": {"allOf": [{"$ref": f"{_REF}{META}ObjectMeta"}], "description": texts.get("metadata", "")},
    }


def _without_keys(raw: Obj) -> Obj:
    return {key: value for key, value in raw.items() if key != "x-metadata"}


def _node(raw: Obj, texts: Texts, *, v2: bool) -> Obj:
    out = _for_v2(raw) if v2 else dict(raw)
    if "properties" in out:
        out["properties"] = {key: _node(child, texts, v2=v2) for key, child in out["properties"].items() if "$ref" not in child}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = _node(out[key], texts, v2=v2)
    if out.get(_EMBEDDED) and not (v2 and out.get(_KEEPS)):
        out["properties"] = {**(out.get("properties") or {}), **_of_objects(texts)}
        needed = out.get("required") or []
        out["required"] = [*needed, *(name for name in ("kind", "apiVersion") if name not in needed)]
    return out


def _for_v2(raw: Obj) -> Obj:
    out = {key: value for key, value in raw.items() if key not in _JUNCTORS}
    if out.pop("nullable", False):
        _drop(out, "type", "items", "properties")
    if out.get(_KEEPS):
        _drop(out, "items", "properties")
        if out.get("type") == "object":
            del out["type"]
    if out.get("type") == "array" and "items" not in out:
        del out["type"]
    nullable = {key for key, child in (out.get("properties") or {}).items() if child.get("nullable")}
    additional = out.get("additionalProperties")
    if isinstance(additional, dict) and additional.get("nullable"):
        out.pop("required", None)
    if nullable & set(out.get("required") or ()):
        out["required"] = [name for name in out["required"] if name not in nullable]
        if not out["required"]:
            del out["required"]
    return out


def _drop(out: Obj, *keys: str) -> None:
    for key in keys:
        out.pop(key, None)

"""Schemas as OpenAPI v3 describes them: definitions with their texts, references, and the two types that are several."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.cluster.apiserver.discovery.published import META, published, published_list

Obj = dict[str, Any]
_OWN = frozenset(("gvk", "x-zero", "x-present", "x-null", "x-optional", "x-empty", "x-metadata"))
_INT_OR_STRING: Obj = {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
_QUANTITY: Obj = {"oneOf": [{"type": "string"}, {"type": "number"}]}
_TEXTS_OF = "io.k8s.api.core.v1.ConfigMap"
"""Every kind describes apiVersion, kind and metadata alike; custom resources borrow the words of this one."""


class SchemaWriter:
    """Collects the definitions that a document needs."""

    def __init__(self, scheme: Scheme, texts: dict[str, dict[str, str]]) -> None:
        """Take definitions from `scheme`, descriptions from `texts`."""
        self.raw = scheme.definitions.raw
        self.texts = texts
        self.out: dict[str, Obj] = {}

    def need(self, name: str) -> None:
        """Add a definition and all it refers to."""
        pending = [name]
        while pending:
            name = pending.pop()
            if name in self.out or name not in self.raw:
                continue
            found: set[str] = set()
            self.out[name] = self._definition(name, found)
            pending += found

    def _definition(self, name: str, found: set[str]) -> Obj:
        raw, texts = self.raw[name], self.texts.get(name, {})
        if name.endswith("intstr.IntOrString"):
            return {**_INT_OR_STRING, **({"description": texts[""]} if "" in texts else {})}
        if name.endswith("resource.Quantity"):
            return {**_QUANTITY, **({"description": texts[""]} if "" in texts else {})}
        out = self._node(raw, found, texts)
        if "" in texts:
            out["description"] = texts[""]
        if "gvk" in raw:
            out["x-kubernetes-group-version-kind"] = [
                {"group": group, "kind": kind, "version": version} for group, version, kind in raw["gvk"]
            ]
        return out

    def _node(self, raw: Obj, found: set[str], texts: dict[str, str] | None = None) -> Obj:
        reference = raw.get("$ref")
        if reference is not None:
            found.add(reference)
            link = {"$ref": f"#/components/schemas/{reference}"}
            rest = {key: value for key, value in raw.items() if key != "$ref" and key not in _OWN}
            if "x-present" in raw:
                rest["default"] = {}
            return {**rest, "allOf": [link]} if rest else link
        out = {key: value for key, value in raw.items() if key not in _OWN}
        if "properties" in out:
            out["properties"] = {key: self._property(key, value, found, texts) for key, value in out["properties"].items()}
        for key in ("items", "additionalProperties"):
            if isinstance(out.get(key), dict):
                out[key] = self._node(out[key], found)
        return out

    def _property(self, key: str, raw: Obj, found: set[str], texts: dict[str, str] | None) -> Obj:
        out = self._node(raw, found)
        text = (texts or {}).get(key)
        if text:
            if "$ref" in out:
                out = {"allOf": [out]}
            out["description"] = text
        return out

    def custom(self, name: str, resource: Resource, *, v2: bool) -> None:
        """Add the schema of a custom resource, and its list."""
        gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        texts = self.texts.get(_TEXTS_OF, {})
        self.out[name] = published(resource.schema.raw, gvk, texts, v2=v2)
        self.out[f"{name}List"] = published_list(name, resource.plural, resource.list_kind, gvk, texts)
        for needed in ("ObjectMeta", "ListMeta"):
            self.need(META + needed)

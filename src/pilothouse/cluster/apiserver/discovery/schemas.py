"""Schemas as OpenAPI v3 describes them: definitions with their texts, references, and the two types that are several."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Resource, Scheme

Obj = dict[str, Any]
_OWN = frozenset(("gvk", "x-zero", "x-present", "x-null", "x-optional", "x-metadata"))
_INT_OR_STRING: Obj = {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
_QUANTITY: Obj = {"oneOf": [{"type": "string"}, {"type": "number"}]}
META = "io.k8s.apimachinery.pkg.apis.meta.v1."


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

    def custom(self, name: str, resource: Resource) -> None:
        """Add the schema of a custom resource, and its list."""
        found: set[str] = set()
        raw = resource.schema.raw
        out = self._node(raw, found)
        gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        out["x-kubernetes-group-version-kind"] = [gvk]
        self.out[name] = out
        for needed in (*found, META + "ListMeta"):
            self.need(needed)
        items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
        text = {"type": "string"}
        meta = {"$ref": f"#/components/schemas/{META}ListMeta"}
        self.out[f"{name}List"] = {
            "type": "object", "required": ["items"],
            "properties": {"apiVersion": text, "kind": text, "metadata": meta, "items": items},
            "x-kubernetes-group-version-kind": [{**gvk, "kind": resource.list_kind}],
        }  # fmt: skip

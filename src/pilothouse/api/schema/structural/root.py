"""What the root of a schema may say when the kind has a status subresource."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import invalid
from pilothouse.api.schema.structural.invariants import Findings, Raw

# The fields of a schema as the reference server holds them, in its order: name, name in the API, what an absent one is shown as.
_FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("ID", "id", ""), ("Schema", "$schema", ""), ("Ref", "$ref", None), ("Description", "description", ""), ("Type", "type", ""),
    ("Nullable", "nullable", False), ("Format", "format", ""), ("Title", "title", ""), ("Default", "default", None),
    ("Maximum", "maximum", None), ("ExclusiveMaximum", "exclusiveMaximum", False), ("Minimum", "minimum", None),
    ("ExclusiveMinimum", "exclusiveMinimum", False), ("MaxLength", "maxLength", None), ("MinLength", "minLength", None),
    ("Pattern", "pattern", ""), ("MaxItems", "maxItems", None), ("MinItems", "minItems", None),
    ("UniqueItems", "uniqueItems", False), ("MultipleOf", "multipleOf", None), ("Enum", "enum", None),
    ("MaxProperties", "maxProperties", None), ("MinProperties", "minProperties", None), ("Required", "required", None),
    ("Items", "items", None), ("AllOf", "allOf", None), ("OneOf", "oneOf", None), ("AnyOf", "anyOf", None), ("Not", "not", None),
    ("Properties", "properties", None), ("AdditionalProperties", "additionalProperties", None),
    ("PatternProperties", "patternProperties", None), ("Dependencies", "dependencies", None),
    ("AdditionalItems", "additionalItems", None), ("Definitions", "definitions", None), ("ExternalDocs", "externalDocs", None),
    ("Example", "example", None), ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", None),
    ("XEmbeddedResource", "x-kubernetes-embedded-resource", False), ("XIntOrString", "x-kubernetes-int-or-string", False),
    ("XListMapKeys", "x-kubernetes-list-map-keys", None), ("XListType", "x-kubernetes-list-type", None),
    ("XMapType", "x-kubernetes-map-type", None), ("XValidations", "x-kubernetes-validations", None),
)  # fmt: skip
_ALLOWED = (
    "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength",
    "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items", "Properties",
    "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
)  # fmt: skip
_SCHEMAS = frozenset(("AllOf", "OneOf", "AnyOf"))
_MAPS = frozenset(("Properties", "PatternProperties", "Definitions"))


def check_root_of_status(raw: Raw, path: str) -> Findings:
    """Return what the root of the schema of a kind with a status says that it may not: the first finding."""
    for name, public, absent in _FIELDS:
        value = raw.get(public)
        if value in (None, absent, [], {}) or (name in _ALLOWED and name != "Type"):
            continue
        if name != "Type":
            text = (
                f"only [{' '.join(_ALLOWED)}] fields are allowed at the root of the schema if the status subresource is enabled"
            )
            return [invalid(path, shown_schema(raw), text)]
        if value != "object":
            text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
            return [invalid(f"{path}.type", value, text)]
    return []


def shown_schema(raw: Raw) -> Raw:
    """Return a schema as messages show it: with the names and order of the reference server's own type."""
    return {name: _shown(name, raw[public]) if raw.get(public) is not None else absent for name, public, absent in _FIELDS}


def _shown(name: str, value: Any) -> Any:
    if name == "Items":
        return {"Schema": shown_schema(value), "JSONSchemas": None}
    if name in ("AdditionalProperties", "AdditionalItems"):
        is_schema = isinstance(value, dict)
        return {"Allows": True if is_schema else value, "Schema": shown_schema(value) if is_schema else None}
    if name == "Not":
        return shown_schema(value)
    if name in _SCHEMAS:
        return [shown_schema(item) for item in value]
    return {key: shown_schema(item) for key, item in sorted(value.items())} if name in _MAPS else value

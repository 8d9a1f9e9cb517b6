"""The schema of a value: one node per object, list or scalar, resolved on first use.

Built-in kinds share a graph of named definitions (`Definitions`), custom resources bring one tree each; both become `Schema`
nodes. Patches and server-side apply read the merge facts, decoding and pruning read the structure, defaulting reads `default`.
Nodes are built lazily because the graph is large and partly recursive, while one request touches a handful of nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Raw = dict[str, Any]
UNSET: Any = object()
_EMPTY: Mapping[str, Schema] = {}
_PREFIX = "x-kubernetes-"


class Definitions:
    """Named raw definitions and the nodes made from them."""

    __slots__ = ("_nodes", "raw")

    def __init__(self, raw: dict[str, Raw]) -> None:
        """Keep raw definitions; nodes are made when asked for."""
        self.raw = raw
        self._nodes: dict[str, Schema] = {}

    def node(self, name: str) -> Schema:
        """Return the node of definition `name`; raises KeyError when there is none."""
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = Schema(self.raw[name], self, name)
        return node

    def build(self, raw: Raw) -> Schema:
        """Return the node of an inline schema, following a bare reference."""
        reference = raw.get("$ref")
        if reference is None:
            return Schema(raw, self, "")
        if len(raw) == 1:
            return self.node(reference)
        merged = {**self.raw[reference], **raw}
        del merged["$ref"]
        return Schema(merged, self, reference)


class Schema:
    """One node; attributes are the facts, `properties`, `items` and `additional` the children."""

    __slots__ = (
        "_additional", "_definitions", "_items", "_properties", "default", "embedded", "enum", "fillers", "format",
        "int_or_string", "list_map_keys", "list_type", "map_type", "name", "nullable", "nulled", "patch_merge_key",
        "patch_strategy", "preserve_unknown",
        "raw", "required", "rules", "type",
    )  # fmt: skip

    def __init__(self, raw: Raw, definitions: Definitions, name: str = "") -> None:
        """Read the facts of `raw`; children wait until they are asked for."""
        get = raw.get
        self.raw = raw
        self.name = name
        """Definition name for built-in types, empty for inline nodes."""
        self._definitions = definitions
        self._properties: Mapping[str, Schema] | None = None
        self._items: Schema | None = UNSET
        self._additional: Schema | None = UNSET
        self.fillers: tuple[tuple[str, Any], ...] | None = None
        """Cache of `decode.fillers`."""
        self.nulled: tuple[str, ...] | None = None
        """Cache of `decode.nulled`."""
        self.rules: Any = None
        """`rules.Rules` at the root of a custom resource that has some."""
        self.type: str = get("type", "")
        self.format: str = get("format", "")
        self.default: Any = get("default", UNSET)
        """The default value, `UNSET` without one."""
        self.required: tuple[str, ...] = tuple(get("required", ()))
        self.enum: tuple[Any, ...] = tuple(get("enum", ()))
        self.nullable: bool = bool(get("nullable", False))
        self.preserve_unknown: bool = bool(get(_PREFIX + "preserve-unknown-fields", False))
        self.int_or_string: bool = bool(get(_PREFIX + "int-or-string", False)) or self.format == "int-or-string"
        self.embedded: bool = bool(get(_PREFIX + "embedded-resource", False))
        self.patch_strategy: str = get(_PREFIX + "patch-strategy", "")
        self.patch_merge_key: str = get(_PREFIX + "patch-merge-key", "")
        self.list_type: str = get(_PREFIX + "list-type", "")
        self.list_map_keys: tuple[str, ...] = tuple(get(_PREFIX + "list-map-keys", ()))
        self.map_type: str = get(_PREFIX + "map-type", "")

    @property
    def has_default(self) -> bool:
        """Whether the node states a default value."""
        return self.default is not UNSET

    @property
    def properties(self) -> Mapping[str, Schema]:
        """Named children of an object."""
        found = self._properties
        if found is None:
            raw = self.raw.get("properties")
            build = self._definitions.build
            found = self._properties = {key: build(value) for key, value in raw.items()} if raw else _EMPTY
        return found

    @property
    def items(self) -> Schema | None:
        """The element of a list."""
        if self._items is UNSET:
            raw = self.raw.get("items")
            self._items = self._definitions.build(raw) if isinstance(raw, dict) else None
        return self._items

    @property
    def additional(self) -> Schema | None:
        """The value of a map with free keys."""
        if self._additional is UNSET:
            raw = self.raw.get("additionalProperties")
            self._additional = self._definitions.build(raw) if isinstance(raw, dict) else None
        return self._additional

    def at(self, *steps: str) -> Schema | None:
        """Return the node below, following property names (`items` of lists are passed through), or None."""
        node: Schema | None = self
        for step in steps:
            while node is not None and node.type == "array":
                node = node.items
            if node is None:
                return None
            node = node.properties.get(step) or node.additional
        return node

"""What expressions of mutations are made of: object fragments and JSON patches.

`Object{spec: Object.spec{replicas: 3}}` states a part of an object, `JSONPatch{op: "add", path: "/a", value: 1}` one operation.
The name of a fragment's type is the path to it; names are compared with the fields they stand in once a value is there
(`misnamed`). Source: Kubernetes CEL mutation types and the jsonpatch library, RFC 6901.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.types import DYN, STRING, Field, Type, object_type
from pilothouse.api.cel.values import EvalError, StructValue, type_name

OBJECT = object_type("Object", {})
JSON_PATCH = object_type(
    "JSONPatch", {**{name: Field(STRING, name) for name in ("op", "path", "from")}, "value": Field(DYN, "value")}
)


class Fragments(Mapping[str, Type]):
    """Types of struct literals: `JSONPatch`, and `Object` with a type for every path of field names below it."""

    def __getitem__(self, name: str) -> Type:
        """Return a type by its name; raises KeyError."""
        if name == "JSONPatch":
            return JSON_PATCH
        if name == "Object" or name.startswith("Object."):
            return object_type(name, {})
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Return the names that do not depend on a path."""
        return iter(("JSONPatch", "Object"))

    def __len__(self) -> int:
        """Return how many there are."""
        return 2


def escape_key(name: str) -> str:
    """Return a name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


ROWS: list[Row] = [("jsonpatch.escapeKey", "(string) string", escape_key)]


def plain(value: Any) -> Any:
    """Return a value as JSON; raises `EvalError` for one that JSON does not have."""
    if value is None or isinstance(value, (bool, float)):
        return value
    kind = type_name(value)
    if kind == "string":
        return str(value)
    if kind in ("int", "uint"):
        return int(value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None:
            raise EvalError(f"map key {odd} is of type {type_name(odd)}, not string")
        return {key: plain(item) for key, item in value.items()}
    raise EvalError(f"a value of type {kind} cannot be part of an object")


def misnamed(value: Any, path: str = "") -> list[str]:
    """Return the fragments whose type is not named after the fields that lead to them."""
    if isinstance(value, list):
        return [problem for item in value for problem in misnamed(item, path)]
    if not isinstance(value, dict):
        return []
    if not isinstance(value, StructValue):
        return [problem for item in value.values() for problem in misnamed(item, path)]
    wanted, stated = path or value.type_name, value.type_name
    out = []
    if stated != wanted:
        out.append(f'unexpected type name "{stated}", expected "{wanted}", which matches field name path from root Object type')
    return out + [problem for key, item in value.items() for problem in misnamed(item, f"{wanted}.{key}")]

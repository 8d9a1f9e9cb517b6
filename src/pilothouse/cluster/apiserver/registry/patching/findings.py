"""What strict field validation finds in a patch and in the object it makes."""

from __future__ import annotations

from pilothouse.api.schema.strict import strict_findings
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.http.bodies import Pairs, parse_pairs

_OPERATION = frozenset(("op", "path", "from", "value"))


def patch_findings(call: Call, kind: str, document: Obj, *, has_unknown: bool, has_repeats: bool) -> list[str]:
    """Return duplicate fields of the patch and unknown fields of the result."""
    out: list[str] = []
    is_json = kind == "application/json-patch+json"
    if is_json:
        out += _operation_findings(parse_pairs(call.request.body))
    elif has_repeats:
        out += _duplicates(parse_pairs(call.request.body), "")
    if has_unknown:
        out += strict_findings(call.resource.schema, document)
    return out


def _operation_findings(operations: object) -> list[str]:
    out: list[str] = []
    if not isinstance(operations, list):
        return out
    for index, operation in enumerate(operations):
        seen: set[str] = set()
        for key, _ in operation if isinstance(operation, Pairs) else ():
            if key in seen:
                out.append(f'json patch duplicate field "[{index}].{key}"')
            elif key not in _OPERATION:
                out.append(f'json patch unknown field "[{index}].{key}"')
            seen.add(key)
    return out


def _duplicates(value: object, path: str) -> list[str]:
    out: list[str] = []
    if isinstance(value, Pairs):
        seen: set[str] = set()
        for key, item in value:
            below = f"{path}.{key}" if path else key
            if key in seen:
                out.append(f'duplicate field "{below}"')
            seen.add(key)
            out += _duplicates(item, below)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            out += _duplicates(item, f"{path}[{index}]")
    return out

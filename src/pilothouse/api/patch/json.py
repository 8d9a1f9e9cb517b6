"""JSON patch (RFC 6902).

Operations copy the containers they change, so the input document is never modified.
"""

from __future__ import annotations

from typing import Any

from pilothouse.kit.errors import BadRequest, Invalid, TooLarge

MAX_OPERATIONS = 10_000


class PatchFailed(Invalid):
    """An operation cannot be applied to this document."""

    reason = "Invalid"


class TestFailed(PatchFailed):
    """A `test` operation does not hold."""

    __test__ = False


def apply_json_patch(document: Any, operations: Any) -> Any:
    """Return the patched document.

    Raises `BadRequest` when `operations` is no list of objects, `TooLarge` over 10,000 operations, `PatchFailed` when an
    operation names a missing place or a `test` does not hold.
    """
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise BadRequest("a JSON patch is a list of operations, each an object with `op` and `path`")
    if len(operations) > MAX_OPERATIONS:
        raise TooLarge(f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}")
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    name, path = operation.get("op"), _pointer(operation.get("path"))
    match name:
        case "add":
            return _add(document, path, operation.get("value"))
        case "remove":
            return _remove(document, path)
        case "replace":
            return _replace(document, path, operation.get("value"))
        case "test":
            if _lookup(document, path) != operation.get("value"):
                raise TestFailed(f"testing value {operation.get('path')} failed: test failed")
            return document
        case "move":
            source = _pointer(operation.get("from"))
            value = _resolve(document, source)
            return _add(_remove(document, source), path, value)
        case "copy":
            return _add(document, path, _resolve(document, _pointer(operation.get("from"))))
        case _:
            raise PatchFailed(f"Unexpected kind: {name}")


def _replace(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _resolve(document, path[:-1])
    if isinstance(parent, dict):  # the reference server also replaces members that are not there
        return _add(document, path, value)
    _resolve(document, path)
    return _add(_remove(document, path), path, value)


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise PatchFailed(f"{text!r} is not a JSON pointer: it must be empty or begin with a slash")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _index(items: list[Any], part: str, limit: int) -> int:
    try:
        index = int(part)
    except ValueError:
        raise PatchFailed(f"{part!r} is not an index of a list") from None
    if index < 0:
        index += limit
    if not 0 <= index < limit:
        raise PatchFailed(f"index {part} is out of bounds of a list of {len(items)}")
    return index


def _resolve(document: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list):
            document = document[_index(document, part, len(document))]
        else:
            raise PatchFailed(f"there is nothing at {part!r}")
    return document


def _lookup(document: Any, path: list[str]) -> Any:
    """Resolve for `test`: a missing last member reads as null."""
    parent = _resolve(document, path[:-1])
    if path and isinstance(parent, dict):
        return parent.get(path[-1])
    return _resolve(parent, path[-1:])


def _change(document: Any, path: list[str], change: Any) -> Any:
    """Copy the containers on the way to the parent of `path` and let `change(parent, last)` alter it."""
    if len(path) == 1:
        parent = dict(document) if isinstance(document, dict) else list(document) if isinstance(document, list) else None
        if parent is None:
            raise PatchFailed(f"{path[0]!r} names a member of something that is neither object nor list")
        change(parent, path[0])
        return parent
    if isinstance(document, dict) and path[0] in document:
        return {**document, path[0]: _change(document[path[0]], path[1:], change)}
    if isinstance(document, list):
        index = _index(document, path[0], len(document))
        return [*document[:index], _change(document[index], path[1:], change), *document[index + 1 :]]
    raise PatchFailed(f"there is nothing at {path[0]!r}")


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value

    def change(parent: Any, last: str) -> None:
        if isinstance(parent, dict):
            parent[last] = value
        elif last == "-":
            parent.append(value)
        else:
            parent.insert(_index(parent, last, len(parent) + 1), value)

    return _change(document, path, change)


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        raise PatchFailed("the whole document cannot be removed")

    def change(parent: Any, last: str) -> None:
        if isinstance(parent, list):
            del parent[_index(parent, last, len(parent))]
        elif last in parent:
            del parent[last]
        else:
            raise PatchFailed(f"Unable to remove nonexistent key: {last}")

    return _change(document, path, change)

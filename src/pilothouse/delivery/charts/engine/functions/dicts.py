"""sprig's dictionary functions; merging follows the Go package it uses (mergo)."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import is_empty, strval
from pilothouse.delivery.charts.engine.values.kinds import NilMap, StringSlice, key_order, type_name

_MAX_DEPTH = 500


def _dict(*pairs: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for at in range(0, len(pairs), 2):
        out[strval(pairs[at])] = pairs[at + 1] if at + 1 < len(pairs) else ""
    return out


def _set(target: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if isinstance(target, NilMap):
        raise FunctionError("assignment to entry in nil map")
    target[key] = value
    return target


def _unset(target: dict[str, Any], key: str) -> dict[str, Any]:
    target.pop(key, None)
    return target


def _get(target: dict[str, Any], key: str) -> Any:
    return target.get(key, "")


def _keys(*maps: dict[str, Any]) -> StringSlice:
    return StringSlice([key for m in maps for key in m])


def _pluck(key: str, *maps: dict[str, Any]) -> list[Any]:
    return [m[key] for m in maps if key in m]


def _pick(target: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {k: target[k] for k in keys if k in target}


def _omit(target: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {k: v for k, v in target.items() if k not in keys}


def merge_into(target: dict[str, Any], source: dict[str, Any], overwrite: bool, depth: int = 0) -> None:
    """Merge `source` into `target` in place: empty targets are filled; with `overwrite`, all are replaced."""
    if depth > _MAX_DEPTH:
        raise FunctionError("the value is nested too deeply to merge")
    for key, value in source.items():
        if value is None:
            if overwrite:
                target[key] = None
            continue
        old = target.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            if old or overwrite:
                merge_into(old, value, overwrite, depth + 1)
            else:
                target[key] = value
            continue
        if overwrite or key not in target or is_empty(old):
            target[key] = value


def _merge(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    for source in sources:
        merge_into(target, source, False)
    return target


def _merge_overwrite(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    for source in sources:
        merge_into(target, source, True)
    return target


def _conversion(value: Any, wanted: str) -> FunctionError:
    got = "nil" if value is None else type_name(value)
    return FunctionError(f"interface conversion: interface {{}} is {got}, not {wanted}")


def _dig(*params: Any) -> Any:
    if len(params) < 3:
        raise FunctionError("dig needs at least three arguments")
    *keys, fallback, target = params
    if not isinstance(target, dict):
        raise _conversion(target, "map[string]interface {}")
    for key in keys:
        if not isinstance(key, str):
            raise _conversion(key, "string")
    for at, key in enumerate(keys):
        if key not in target:
            return fallback
        found = target[key]
        if at + 1 == len(keys):
            return found
        if not isinstance(found, dict):
            raise _conversion(found, "map[string]interface {}")
        target = found
    return fallback


def _values(target: dict[str, Any]) -> list[Any]:
    return [target[k] for k in key_order(target)]


TABLE = (
    ("dict", "...any -> map", _dict),
    ("get", "map, string -> ", _get),
    ("set", "map, string, any -> map", _set),
    ("unset", "map, string -> map", _unset),
    ("hasKey", "map, string -> bool", lambda target, key: key in target),
    ("pluck", "string, ...map -> list", _pluck),
    ("keys", "...map -> []string", _keys),
    ("pick", "map, ...string -> map", _pick),
    ("omit", "map, ...string -> map", _omit),
    ("merge", "map, ...map -> ", _merge),
    ("mustMerge", "map, ...map -> ", _merge),
    ("mergeOverwrite", "map, ...map -> ", _merge_overwrite),
    ("mustMergeOverwrite", "map, ...map -> ", _merge_overwrite),
    ("values", "map -> list", _values),
    ("dig", "...any -> ", _dig),
)

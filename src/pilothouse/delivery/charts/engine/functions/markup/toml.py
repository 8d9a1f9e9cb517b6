"""Write TOML in the layout of the Go library Helm uses: plain keys first, then tables, two spaces per level."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.dates import Time
from pilothouse.delivery.charts.engine.values.floats import format_shortest
from pilothouse.delivery.charts.engine.values.kinds import key_order, type_name

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _string(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 0x20 or ord(c) == 0x7F else c) for c in text) + '"'


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else _string(text)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        text = format_shortest(value)
        special = {"NaN": "nan", "+Inf": "inf", "-Inf": "-inf"}.get(text)
        return special or (text if "." in text or "e" in text else text + ".0")
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(k)} = {_value(value[k])}" for k in key_order(value) if value[k] is not None)
        return "{" + inner + "}"
    if isinstance(value, Time):
        return value.go_json()
    if value is None:
        raise FunctionError("toml: cannot encode array with nil element")
    raise FunctionError(f"toml: unsupported type: {type_name(value)}")


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _table(table: dict[str, Any], path: tuple[str, ...], out: list[str]) -> None:
    inner = "  " * len(path)
    plain = [k for k in key_order(table) if not isinstance(table[k], dict) and not _is_tables(table[k])]
    for key in plain:
        if table[key] is not None:
            out.append(f"{inner}{_key(key)} = {_value(table[key])}")
    for key in key_order(table):
        value = table[key]
        here = (*path, key)
        name = ".".join(map(_key, here))
        if isinstance(value, dict):
            if out and not path:
                out.append("")
            out.append(f"{inner}[{name}]")
            _table(value, here, out)
        elif _is_tables(value):
            for item in value:
                if out:
                    out.append("")
                out.append(f"{inner}[[{name}]]")
                _table(item, here, out)


def write_toml(value: Any) -> str:
    """Return the TOML text of a map; raises FunctionError."""
    if not isinstance(value, dict):
        return _value(value)
    out: list[str] = []
    _table(value, (), out)
    return "".join(line + "\n" for line in out)
